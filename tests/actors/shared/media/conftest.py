from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.messages import codec
from tests.actors.shared.media.system import MediaSystem

codec.ROOTS.append("tests.")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., MediaSystem]]:
    """Start the media actors: ``start(source="pattern:", …)``; stopped after the test."""
    started: list[MediaSystem] = []

    def begin(**how: Any) -> MediaSystem:
        system = MediaSystem(tmp_path / f"system{len(started)}", **how)
        started.append(system)
        return system

    yield begin
    for system in started:
        system.stop()
