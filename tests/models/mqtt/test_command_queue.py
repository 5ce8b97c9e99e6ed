"""Commands that wait, and how fast they may go."""

import pytest

from models.mqtt.command_queue import CommandQueue


def drained(waiting: CommandQueue[str]) -> list[str]:
    return [waiting.pop() for _ in range(len(waiting))]


def test_of_a_setting_only_the_newest_waits_in_the_place_of_the_first() -> None:
    waiting: CommandQueue[str] = CommandQueue(10)
    for rest, entry in (("setting/a/set", "a1"), ("setting/b/set", "b1"), ("setting/a/set", "a2")):
        assert waiting.put(rest, entry)
    assert drained(waiting) == ["a2", "b1"]


def test_each_action_counts() -> None:
    waiting: CommandQueue[str] = CommandQueue(10)
    for entry in ("toggle", "toggle again"):
        assert waiting.put("torch", entry)
    assert drained(waiting) == ["toggle", "toggle again"]


def test_it_is_bounded_and_what_waits_can_still_be_replaced() -> None:
    waiting: CommandQueue[str] = CommandQueue(2)
    assert waiting.put("a", "1")
    assert waiting.put("b", "1")
    assert not waiting.put("c", "1")
    assert waiting.put("a", "2")
    assert drained(waiting) == ["2", "1"]
    with pytest.raises(KeyError):
        waiting.pop()
