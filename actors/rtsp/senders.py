"""The destination of one track of one session: the RTSP connection, or a UDP port pair."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol

from actors.rtsp.limits import BURST_GRACE_S, QUEUE_AGE_MAX_S, UDP_BURST_BYTES, UDP_BURST_EVERY_S
from actors.rtsp.listener import segmentation
from models.rtp.packet import PACKET_MAX
from models.rtp.track import Unit, interleaved
from models.rtsp.transport import UdpTransport

REFUSAL_FORGOTTEN_S = 1.0


class InterleavedConnection(Protocol):
    """What a TCP sender needs of its connection."""

    clear: bool
    age: float

    def send(self, data: bytes) -> None: ...
    def look(self, now: float) -> None: ...


class TcpSender:
    """Skips whole units while the client lags. Its sequence numbers have no gap, because skipped units get none."""

    kind = "tcp"

    def __init__(self, connection: InterleavedConnection, rtp_channel: int, rtcp_channel: int) -> None:
        self.rtp_channel, self.rtcp_channel = rtp_channel, rtcp_channel
        self.skipped = 0  # packets
        self.sent_bytes = 0
        self.sent_packets = 0
        self._connection = connection
        self._wait_for_key = False
        self._grace_until = 0.0

    def burst(self, units: list[Unit], now: float) -> None:
        """Send the kept group of pictures, which may stay in the queue a little longer than the rest."""
        self._grace_until = now + BURST_GRACE_S
        for unit in units:
            self.send(unit, now)

    def wait_for_key(self) -> None:
        self._wait_for_key = True

    def send(self, unit: Unit, now: float) -> None:
        connection = self._connection
        if (self._wait_for_key or not connection.clear) and self._skips(unit, now):
            return
        framed = unit.renumbered(self.rtp_channel, self.skipped) if self.skipped else unit.interleaved(self.rtp_channel)
        self.sent_bytes += len(framed)
        self.sent_packets += len(unit.sizes)
        connection.send(framed)

    def _skips(self, unit: Unit, now: float) -> bool:
        self._connection.look(now)
        lags = now > self._grace_until and self._connection.age > QUEUE_AGE_MAX_S
        self._wait_for_key = lags or (self._wait_for_key and not unit.key)
        if self._wait_for_key:
            self.skipped += len(unit.sizes)
        return self._wait_for_key

    def send_rtcp(self, packet: bytes, now: float) -> None:
        self._connection.send(interleaved(self.rtcp_channel, packet))

    def first_number(self, unit: Unit) -> int:
        """The sequence number that the first packet of ``unit`` will have here."""
        return (unit.sequence_number - self.skipped) & 0xFFFF

    def close(self) -> None:
        """Nothing to do: the connection belongs to the session's owner."""


class UdpSender:
    """Sends to the announced ports, or to those that the client's first packets actually came from (NAT)."""

    kind = "udp"

    def __init__(
        self,
        pair: tuple[socket.socket, socket.socket],
        address: str,
        ports: UdpTransport,
        heard: Callable[[bytes], None],
    ) -> None:
        self._rtp, self._rtcp = pair
        self._to = {self._rtp: (address, ports.rtp_port), self._rtcp: (address, ports.rtcp_port)}
        self._address = address
        self._heard = heard
        self._gso = segmentation(self._rtp, PACKET_MAX)
        self._connected = False
        self._wait_for_key = False
        self._kept: deque[Unit] = deque()
        self._pumping: asyncio.TimerHandle | None = None
        self.skipped = 0
        self.sent_bytes = 0
        self.sent_packets = 0
        self.refused_since: float | None = None  # since when the client's port has been closed
        self._refused_last = 0.0
        self._loop = asyncio.get_running_loop()
        for sock in pair:
            self._loop.add_reader(sock.fileno(), self._readable, sock)

    @property
    def server_ports(self) -> tuple[int, int]:
        return self._rtp.getsockname()[1], self._rtcp.getsockname()[1]

    def start(self) -> None:
        """From now on only packets from this client are accepted, and closed ports are detected."""
        for sock, to in self._to.items():
            with contextlib.suppress(OSError):  # unreachable: the sends will report it
                sock.connect(to)
        self._connected = True

    def burst(self, units: list[Unit], now: float) -> None:
        """Send the kept group of pictures, paced; what arrives meanwhile waits behind it."""
        self._kept.extend(units)
        self._pump()

    def _pump(self) -> None:
        until = self.sent_bytes + UDP_BURST_BYTES
        now = self._loop.time()
        while self._kept and self.sent_bytes < until:
            self._send(self._kept.popleft(), now)
        self._pumping = self._loop.call_later(UDP_BURST_EVERY_S, self._pump) if self._kept else None

    def wait_for_key(self) -> None:
        self._wait_for_key = True

    def send(self, unit: Unit, now: float) -> None:
        if self._kept:
            self._kept.append(unit)
        else:
            self._send(unit, now)

    def _send(self, unit: Unit, now: float) -> None:
        if self._wait_for_key and not unit.key:
            self.skipped += len(unit.sizes)
            return
        self._wait_for_key = False
        try:
            for run in unit.runs() if self._gso else unit.packets:
                self._rtp.send(run)
                self.sent_bytes += len(run)
            if now - self._refused_last > REFUSAL_FORGOTTEN_S:
                self.refused_since = None
        except ConnectionRefusedError:
            self._refused(now)
        except BlockingIOError:
            self._wait_for_key = True  # the rest of this picture is lost, so the next ones are useless
            self.skipped += len(unit.sizes)
            return
        except OSError:
            if not self._gso:
                self._refused(now)  # unreachable
                return
            # EIO: no checksum offload for GSO; EINVAL, EMSGSIZE: a smaller MTU on the path.
            segmentation(self._rtp, 0)
            self._gso = False
            self._wait_for_key = True
        self.sent_packets += len(unit.sizes)

    def send_rtcp(self, packet: bytes, now: float) -> None:
        with contextlib.suppress(OSError):  # a report that does not arrive is followed by another
            if self._connected:
                self._rtcp.send(packet)

    def first_number(self, unit: Unit) -> int:
        return unit.sequence_number

    def close(self) -> None:
        if self._pumping is not None:
            self._pumping.cancel()
        for sock in (self._rtp, self._rtcp):
            self._loop.remove_reader(sock.fileno())
            sock.close()

    def _refused(self, now: float) -> None:
        # Each refusal is reported once, and the next send succeeds again, so only the duration counts.
        self._refused_last = now
        if self.refused_since is None:
            self.refused_since = now

    def _readable(self, sock: socket.socket) -> None:
        for _ in range(16):
            try:
                data, source = sock.recvfrom(2048)
            except ConnectionRefusedError:
                self._refused(self._loop.time())
                return
            except OSError:
                return
            if source[0] != self._address:
                continue
            if not self._connected:
                self._to[sock] = (source[0], source[1])
            if sock is self._rtcp:
                self._heard(data)


Sender = TcpSender | UdpSender
