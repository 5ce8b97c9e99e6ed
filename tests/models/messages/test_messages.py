"""Every message is a frozen value that survives pickling and the control socket, and names its kind cheaply."""

import dataclasses
import importlib
import pickle
import pkgutil
from typing import Any

import pytest

import models.messages
from models.events import Event
from models.messages import Ask, Message, News, State, Tell
from models.messages.codec import decode, encode
from models.messages.event_log import EventRecorded
from models.messages.settings import ChangeResult, GetCredentials, SettingsView


def all_messages() -> list[type[Message]]:
    found = []
    for module in pkgutil.iter_modules(models.messages.__path__):
        for value in vars(importlib.import_module(f"models.messages.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Message) and value.__module__.endswith(module.name):
                found.append(value)
    return found


@pytest.mark.parametrize("kind", all_messages(), ids=lambda kind: kind.__name__)
def test_messages_are_frozen_dataclasses(kind: type[Message]) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)


@pytest.mark.parametrize("kind", all_messages(), ids=lambda kind: kind.__name__)
def test_no_two_kinds_share_a_name(kind: type[Message]) -> None:
    assert [other.__name__ for other in all_messages()].count(kind.__name__) == 1, "topics are told apart by name"
    assert sum(issubclass(kind, one) for one in (Ask, Tell, State, News)) <= 1


MESSAGES: list[Any] = [
    GetCredentials("rtsp"),
    ChangeResult(("a: b",), (), (), SettingsView({"frameRate": 30}, {"frameRate": 30})),
    EventRecorded(Event(1, 2, "MOTION", 3, {"changedPercent": 1.5}, metadata={"x": None})),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_messages_survive_the_wire(message: Any) -> None:
    assert pickle.loads(pickle.dumps(message)) == message
    assert decode(encode(message)) == message
    if isinstance(message, Message):
        assert str(message) == type(message).__name__


@pytest.mark.parametrize(
    "value",
    [
        {"$": "os.system"},
        {"$": "models.errors.Invalid", "detail": "x"},
        {"$": "models.messages.settings.GetCredentials"},
        {"$": "models.messages.settings.GetCredentials", "owner": "x", "more": 1},
        {"$": "models.messages.codec.importlib"},
        {"$": "models.../x"},
        {"$": 5},
    ],
)
def test_only_our_messages_can_be_named(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(value)


def test_bytes_are_not_for_the_control_socket() -> None:
    with pytest.raises(TypeError):
        encode(b"picture")
