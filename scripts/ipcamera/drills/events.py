"""Events that the drill records as a detector does: each with its own uid, until it is acknowledged."""

import secrets
import threading
import time

from models.errors import ServerError
from models.events import SYSTEM_PREFIX, Detection, Event
from models.messages.event_log import EVENT_LOG, RecordEvent, RecordSystem
from scripts.ipcamera.drills.program import Program
from scripts.ipcamera.drills.verdict import Seen, count_events

KIND = "DRILL"
TYPE = "MOTION"
PATIENCE_S = 5.0
AGAIN_S = 0.05
LAST_ANSWER_S = 60.0


class Recording(threading.Thread):
    """Sends ``count`` events, ``per_s`` of them in a second.

    Detections for a private program; for the running one, entries of the server's history, which trigger no
    automations. ``answered``: number -> event id. ``refusals`` counts answers that were errors.
    """

    def __init__(self, program: Program, count: int, per_s: float) -> None:
        super().__init__(name="events", daemon=True)
        self._program = program
        self._count = count
        self._every_s = 1 / per_s
        self._base = time.time_ns() // 1_000_000
        self.answered: dict[int, int] = {}
        self.refusals = 0

    def run(self) -> None:
        began = time.monotonic()
        with self._program.connect() as control:
            for number in range(self._count):
                time.sleep(max(0.0, began + number * self._every_s - time.monotonic()))
                message = self._message(number)
                while number not in self.answered:
                    try:
                        self.answered[number] = control.ask(EVENT_LOG, message, PATIENCE_S).event_id
                    except ServerError:
                        self.refusals += 1
                        time.sleep(AGAIN_S)

    def _message(self, number: int) -> RecordEvent | RecordSystem:
        uid, moment = secrets.token_hex(16), self._base + number
        if self._program.private:
            return RecordEvent(Detection(uid, TYPE, moment))
        return RecordSystem(
            uid, KIND, moment, "drill", f"event {number + 1} of {self._count}, to check that it is stored"
        )

    def finish(self) -> Seen:
        """Wait for the last answer, and count what is there. An event that was never acknowledged is a fault."""
        self.join(LAST_ANSWER_S * self._program.factor)
        if self.is_alive():
            return Seen(faults=[f"only {len(self.answered)} of {self._count} events were accepted"])
        # What lies before the first of ours does not matter; ids rise in the order of recording.
        kept = self._program.events_after(min(self.answered.values()) - 1)
        deleted = any(event.type == f"{SYSTEM_PREFIX}STORAGE" for event in kept)
        return count_events(self.answered, self._ours(kept), kept[0].event_id if deleted and kept else 0)

    def _ours(self, events: list[Event]) -> list[tuple[int, int]]:
        wanted = TYPE if self._program.private else f"{SYSTEM_PREFIX}{KIND}"
        numbers = ((event.timestamp - self._base, event) for event in events if event.type == wanted)
        return [(number, event.event_id) for number, event in numbers if 0 <= number < self._count]
