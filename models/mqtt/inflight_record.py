"""How the one event under way is delivered exactly once, also when we or the broker die in the middle.

MQTT's QoS 2 does it if both sides remember (MQTT 5 §4.3.3, §4.4): we keep a card with the packet identifier and how far
we are. The broker keeps its half in the session. Whatever the answer at the next connection, the table says what to do.
"""

import struct
import zlib
from dataclasses import dataclass, replace
from enum import IntEnum

_RECORD = struct.Struct("!4sQHBBI")  # magic, sequence, packet identifier, phase, QoS, session
_CHECK = struct.Struct("!I")
_MAGIC = b"IPM1"
RECORD_BYTES = _RECORD.size + _CHECK.size


class Phase(IntEnum):
    IDLE = 0
    SENT = 1  # PUBLISH is out
    RELEASED = 2  # PUBREC came: the broker has it, it must not be published again
    DONE = 3  # PUBCOMP (QoS 1: PUBACK) came


class Step(IntEnum):
    PUBLISH = 1
    PUBREC = 2
    COMPLETE = 3  # PUBCOMP, or PUBACK
    SESSION_LOST = 4  # a connection without our session: the broker forgets packet identifiers


AFTER: dict[Phase, dict[Step, Phase]] = {
    Phase.IDLE: {Step.PUBLISH: Phase.SENT, Step.SESSION_LOST: Phase.IDLE},
    Phase.SENT: {
        Step.PUBLISH: Phase.SENT,  # again, as a duplicate, with the same packet identifier
        Step.PUBREC: Phase.RELEASED,
        Step.COMPLETE: Phase.DONE,  # QoS 1, or refused by the broker
        Step.SESSION_LOST: Phase.IDLE,
    },
    Phase.RELEASED: {
        Step.PUBREC: Phase.RELEASED,
        Step.COMPLETE: Phase.DONE,
        Step.SESSION_LOST: Phase.IDLE,  # it was taken, but maybe not passed on: better twice than never
    },
    Phase.DONE: {Step.PUBLISH: Phase.SENT, Step.COMPLETE: Phase.DONE, Step.SESSION_LOST: Phase.DONE},
}


@dataclass(frozen=True, slots=True)
class InflightRecord:
    """``sequence`` of the row in the outbox; ``session``: which client at which broker (``session_of``)."""

    sequence: int = 0
    packet_id: int = 0
    phase: Phase = Phase.IDLE
    session: int = 0
    qos: int = 2

    def step(self, step: Step) -> "InflightRecord":
        """The card after ``step``; unchanged where the table has no entry (a stray acknowledgement)."""
        return replace(self, phase=AFTER[self.phase].get(step, self.phase))

    @property
    def in_flight(self) -> bool:
        return self.phase in (Phase.SENT, Phase.RELEASED)

    def pack(self) -> bytes:
        body = _RECORD.pack(_MAGIC, self.sequence, self.packet_id, self.phase, self.qos, self.session)
        return body + _CHECK.pack(zlib.crc32(body))

    @classmethod
    def unpack(cls, data: bytes) -> "InflightRecord":
        """The card, or an idle one from anything that is none."""
        body, check = data[: _RECORD.size], data[_RECORD.size : RECORD_BYTES]
        if len(data) < RECORD_BYTES or check != _CHECK.pack(zlib.crc32(body)):
            return cls()
        magic, sequence, packet_id, phase, qos, session = _RECORD.unpack(body)
        known = magic == _MAGIC and phase in set(Phase) and qos in (1, 2)
        return cls(sequence, packet_id, Phase(phase), session, qos) if known else cls()


def session_of(host: str, port: int, client_id: str) -> int:
    """Names a session; another broker or client id is another one."""
    return zlib.crc32(f"{host}\n{port}\n{client_id}".encode())
