"""Figures of a machine that does not give them."""

from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from config import sensors

Reading = namedtuple("Reading", "current")


@pytest.mark.parametrize("error", [FileNotFoundError(2, "x"), PermissionError(13, "x"), KeyError("x"), ValueError("x")])
@pytest.mark.parametrize(
    ("source", "look"),
    [
        ("cpu_percent", sensors.cpu),
        ("virtual_memory", sensors.memory),
        ("sensors_battery", sensors.battery),
        ("sensors_temperatures", sensors.temperature),
        ("disk_usage", lambda: sensors.disk_free(Path("/"))),
    ],
)
def test_what_cannot_be_read_is_unknown(
    monkeypatch: pytest.MonkeyPatch, source: str, look: Callable[[], Any], error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(psutil, source, fails)
    assert look() is None


def test_what_psutil_has_not_here_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil, "sensors_battery")
    assert sensors.battery() is None


def test_the_processor_is_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"nvme": [Reading(70.0)], "coretemp": [Reading(48.04), Reading(52.06)], "empty": []}
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: found)
    assert (sensors.temperature(), sensors.temperature(others=False)) == (52.1, 52.1)
    del found["coretemp"]
    assert (sensors.temperature(), sensors.temperature(others=False)) == (70.0, None)
    found.clear()
    assert sensors.temperature() is None


def test_this_machine_has_memory_and_a_disk() -> None:
    memory = sensors.memory()
    assert memory is not None
    assert 0 < memory.used < memory.total
    assert sensors.disk_free(Path("/")) is not None
