"""Every message is a frozen value that survives pickling and the control socket, and names its kind cheaply."""

import dataclasses
import importlib
import pickle
import pkgutil
from collections import Counter
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


def is_frozen(kind: type[Message]) -> bool:
    return dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen and "__slots__" in vars(kind)  # type: ignore[attr-defined]


def test_messages_are_frozen_dataclasses() -> None:
    assert [kind.__name__ for kind in all_messages() if not is_frozen(kind)] == []


def test_no_two_kinds_share_a_name() -> None:
    """Topics are told apart by name."""
    names = Counter(kind.__name__ for kind in all_messages())
    assert [kind for kind, count in names.items() if count > 1] == []


def test_no_kind_is_two_of_ask_tell_state_and_news() -> None:
    bases = {kind.__name__: sum(issubclass(kind, one) for one in (Ask, Tell, State, News)) for kind in all_messages()}
    assert [name for name, count in bases.items() if count > 1] == []


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
