"""Sent but unacknowledged packets: gmqtt's packet store, with a record on disk of the one event among them.

The record is written (not synced: it must survive this process, not a power failure) *before* the packet is sent, and
again before PUBREL answers PUBREC. So the next process knows exactly where this one stopped.
"""

import asyncio
import os
from pathlib import Path

from models.mqtt.inflight_record import RECORD_BYTES, InflightRecord, Phase, Step

PUBREL = 6  # MQTT control packet type (MQTT 5 §2.1.2)


class InflightStore:
    """Stands in for ``gmqtt.storage.PersistentStorage``, whose six methods gmqtt calls."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.record = InflightRecord.unpack(os.pread(self._file, RECORD_BYTES, 0))
        self.refused = False  # the broker rejected the last event
        self.released = 0  # events delivered with QoS 2 by this process
        self.newest = 0  # packet identifier of the last stored packet
        self._packets: dict[int, bytes] = {}
        self._changed = asyncio.Event()

    # ---------------------------------------------------------------- ours
    def begin(self, record: InflightRecord, packet: bytes) -> None:
        """The event of ``record`` is about to be sent as ``packet``."""
        self._write(record.step(Step.PUBLISH))
        packet_id = record.packet_id
        self.refused = False
        self._packets[packet_id] = packet

    def restart(self, packet: bytes | None) -> None:
        """Before a new connection: only the event in flight still needs an acknowledgement."""
        self._packets = {self.record.packet_id: packet} if packet is not None else {}
        self._ring()

    def abandon(self) -> None:
        """The event in flight belongs to another session or outbox, so its fate is unknown."""
        self._write(self.record.step(Step.SESSION_LOST))

    @property
    def unacknowledged(self) -> int:
        return len(self._packets)

    def acknowledged(self, packet_id: int) -> bool:
        """Whether the broker has received this packet; an event need not be confirmed yet."""
        released = packet_id == self.record.packet_id and self.record.phase is Phase.RELEASED
        return released or packet_id not in self._packets

    async def changed(self) -> None:
        """Wait until the next packet is acknowledged (or dropped)."""
        await self._changed.wait()

    # ---------------------------------------------------------------- gmqtt's
    def push_message(self, packet_id: int, packet: bytes) -> None:
        if packet[0] >> 4 == PUBREL and packet_id == self.record.packet_id:
            self._write(self.record.step(Step.PUBREC))
            self.released += 1
        self._packets[packet_id] = packet
        self.newest = packet_id

    def remove_message_by_mid(self, packet_id: int) -> None:
        packet = self._packets.pop(packet_id, None)
        if packet is not None and packet_id == self.record.packet_id and self.record.in_flight:
            self.refused = self.record.qos == 2 and self.record.phase is Phase.SENT  # it never came to PUBREC
            self._write(self.record.step(Step.COMPLETE))
        self._ring()

    @property
    def is_empty(self) -> bool:
        return not self._packets

    async def wait_empty(self) -> None:
        while self._packets:
            await self.changed()

    def clear(self) -> None:
        """The broker has not kept our session."""
        self._packets.clear()
        if self.record.in_flight:
            self.abandon()
        self._ring()

    def get_all(self) -> list[tuple[int, bytes]]:
        return list(self._packets.items())

    # ---------------------------------------------------------------- inside
    def _write(self, record: InflightRecord) -> None:
        self.record = record
        os.pwrite(self._file, record.pack(), 0)

    def _ring(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
