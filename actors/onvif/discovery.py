"""WS-Discovery on the network: one UDP socket that has joined the group on every interface.

A probe on an interface is answered from it, with its address, and only to addresses in its own network, so that we
cannot be used to send unrequested packets to others. Answers are paced and limited.
"""

import asyncio
import errno
import socket
import struct
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable

import structlog

from actors.onvif.limits import (
    ADDRESSES,
    ANSWER_DELAY_S,
    ANSWERS_BURST,
    ANSWERS_PER_S,
    ANSWERS_WAITING,
    HELLO_TIMES,
    REPEAT_S,
)
from actors.onvif.network import of_neighbour
from models.onvif import discovery
from models.onvif.device_info import PATHS, Interface
from models.onvif.discovery import GROUP, PORT, Device
from models.onvif.limits import DATAGRAM_MAX, MESSAGES_REMEMBERED
from models.rate_limit import Buckets

IP_PKTINFO = 8  # ip(7)
IP_MULTICAST_ALL = 49
READ_AT_ONCE = 16
TTL = 1
_log = structlog.get_logger("onvif")
_PKTINFO = struct.Struct("=i4s4s")  # interface, local address, destination


class Discovery:
    """``delay``: seconds until the answer to a question, different for each."""

    def __init__(self, device: Callable[[], Device], delay: Callable[[float], float]) -> None:
        self.problem = ""  # why discovery does not work
        self._device = device
        self._delay = delay
        self._port = 0  # of the services
        self._socket: socket.socket | None = None
        self._joined: dict[int, tuple[Interface, ...]] = {}  # the addresses of each interface, by its index
        self._deaf: set[int] = set()  # interfaces without multicast
        self._rates = Buckets(ANSWERS_PER_S, ANSWERS_BURST, ADDRESSES)
        self._answered: OrderedDict[str, None] = OrderedDict()  # message ids
        self._timers: set[asyncio.TimerHandle] = set()
        self._number = 0

    # ---------------------------------------------------------------- start and stop
    def serve(self, port: int, interfaces: tuple[Interface, ...]) -> None:
        """Announce these services at ``port``; called again when interfaces change, which then get a Hello."""
        if self._socket is None and not self._open():
            return
        assert self._socket is not None
        wanted: dict[int, tuple[Interface, ...]] = {}
        for one in interfaces:
            if index := _index(one.name):
                wanted[index] = (*wanted.get(index, ()), one)
        if port != self._port:
            self._joined, self._port = {}, port
        for index, ours in wanted.items():
            if self._joined.get(index) != ours and self._join(index):
                self._joined[index] = ours
                self._greet(index, ours)
        self._joined = {index: ours for index, ours in self._joined.items() if index in wanted}
        self._deaf &= wanted.keys()

    def _greet(self, index: int, ours: tuple[Interface, ...]) -> None:
        addresses = [self._address(one) for one in ours]
        content = discovery.hello(self._device(), addresses, _message_id(), self._next())
        for turn in range(HELLO_TIMES):
            self._later(turn * REPEAT_S, content, (GROUP, PORT), index)

    def say_goodbye(self) -> None:
        """Send Bye and stop."""
        if self._socket is None:
            return
        for index in self._joined:
            self._send(discovery.bye(self._device(), _message_id(), self._next()), (GROUP, PORT), index)
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._socket, self._joined, self._port = None, {}, 0

    def _open(self) -> bool:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # others on this host may answer too
            made.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            made.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, TTL)
            made.setblocking(False)
            made.bind(("", PORT))
        except OSError as error:
            made.close()
            self.problem = (
                f"UDP port {PORT} cannot be opened ({error.strerror}): clients have to be given this device's address"
            )
            return False
        self.problem = ""
        self._socket = made
        asyncio.get_running_loop().add_reader(made, self._readable)
        return True

    def _join(self, index: int) -> bool:
        assert self._socket is not None
        group = struct.pack("=4s4si", socket.inet_aton(GROUP), bytes(4), index)
        try:
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:  # already a member, from the interface's previous address
                if index not in self._deaf:
                    _log.info("an interface without multicast", index=index, reason=error.strerror)
                self._deaf.add(index)
                return False
        return True

    # ---------------------------------------------------------------- receiving
    def _readable(self) -> None:
        assert self._socket is not None
        for _ in range(READ_AT_ONCE):
            try:
                datagram, about, _, sender = self._socket.recvmsg(DATAGRAM_MAX + 1, 256)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:  # what an earlier datagram met
                _log.debug("discovery", reason=str(error))
                return
            index = next((_PKTINFO.unpack(data)[0] for _, kind, data in about if kind == IP_PKTINFO), 0)
            one = next((one for one in self._joined.get(index, ()) if of_neighbour(one, sender[0])), None)
            if one is not None and len(datagram) <= DATAGRAM_MAX:
                self._asked(datagram, sender, index, one)

    def _asked(self, datagram: bytes, sender: tuple[str, int], index: int, one: Interface) -> None:
        if len(self._timers) >= ANSWERS_WAITING or not self._rates[sender[0]].ready(time.monotonic()):
            return
        question = discovery.read(datagram)
        if question is None or question.message_id in self._answered or not discovery.meant(question, self._device()):
            return
        self._rates[sender[0]].take(time.monotonic())
        self._answered[question.message_id] = None
        while len(self._answered) > MESSAGES_REMEMBERED:
            self._answered.popitem(last=False)
        content = discovery.matches(question, self._device(), [self._address(one)], _message_id(), self._next())
        self._later(self._delay(ANSWER_DELAY_S), content, sender, index, one.address)

    # ---------------------------------------------------------------- sending
    def _address(self, one: Interface) -> str:
        return f"http://{one.address}:{self._port}{PATHS['tds']}"

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _later(self, delay_s: float, content: bytes, to: tuple[str, int], index: int, source: str = "") -> None:
        def send() -> None:
            self._timers.discard(timer)
            self._send(content, to, index, source)

        timer = asyncio.get_running_loop().call_later(delay_s, send)
        self._timers.add(timer)

    def _send(self, content: bytes, to: tuple[str, int], index: int, source: str = "") -> None:
        """``source``: our address; else the interface's first one."""
        if self._socket is None or index not in self._joined:
            return
        source = source or self._joined[index][0].address
        about = _PKTINFO.pack(index, socket.inet_aton(source), bytes(4))
        try:
            self._socket.sendmsg([content], [(socket.IPPROTO_IP, IP_PKTINFO, about)], 0, to)
        except OSError as error:  # the interface is gone, or its queue is full: clients will probe again
            _log.debug("discovery was not sent", reason=str(error))


def _index(name: str) -> int:
    """The interface's number in the kernel; 0 where it has gone."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


def _message_id() -> str:
    return f"urn:uuid:{uuid.uuid4()}"
