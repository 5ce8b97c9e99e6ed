"""Pending commands: bounded, in order of arrival, only the newest for each topic."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
ACTIONS = frozenset({"capture", "restart", "torch", "tts"})  # each one counts; the others set a state


@dataclass(frozen=True, slots=True)
class _Key:
    topic: str
    number: int  # 0 where a newer command takes the place of an older one


class CommandQueue(Generic[T]):
    """``limit`` entries at most."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._number = 0
        self._entries: dict[_Key, T] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, rest: str, entry: T) -> bool:
        """Let ``entry`` wait; ``rest`` is its topic below ``control/``. False where there is no room.

        What replaces an older entry takes its place in the order.
        """
        self._number += 1
        key = _Key(rest, self._number if rest in ACTIONS else 0)
        if key not in self._entries and len(self._entries) >= self._limit:
            return False
        self._entries[key] = entry
        return True

    def pop(self) -> T:
        """The oldest command. Raises ``KeyError`` if the queue is empty."""
        key = next(iter(self._entries), None)
        if key is None:
            raise KeyError("nothing waits")
        return self._entries.pop(key)
