"""Whose question comes next: cameras in turn, and of one camera's questions the newest; the oldest is dropped first."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

J = TypeVar("J", bound=Hashable)


class Turns(Generic[J]):
    """``places`` questions are under way at once, ``waiting`` of each camera wait for one."""

    def __init__(self, places: int, waiting: int) -> None:
        self.places = places
        self._waiting_most = waiting
        self._waiting: OrderedDict[str, deque[J]] = OrderedDict()  # the next camera first
        self._under_way: set[J] = set()

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def come(self, camera: str, job: J) -> J | None:
        """It waits from now on; the one that was dropped for it, if any."""
        queue = self._waiting.setdefault(camera, deque())
        queue.append(job)
        return queue.popleft() if len(queue) > self._waiting_most else None

    def next(self) -> J | None:
        """One that may begin: until ``leave`` it has a place."""
        if not self._waiting or len(self._under_way) >= self.places:
            return None
        camera, queue = self._waiting.popitem(last=False)
        job = queue.pop()
        if queue:
            self._waiting[camera] = queue
        self._under_way.add(job)
        return job

    def leave(self, camera: str, job: J) -> None:
        """It has ended, or waits no more."""
        self._under_way.discard(job)
        queue = self._waiting.get(camera, deque())
        if job in queue:
            queue.remove(job)
            if not queue:
                del self._waiting[camera]
