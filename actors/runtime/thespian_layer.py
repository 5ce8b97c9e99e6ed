"""All use of Thespian's internals: a system base with our own transport, and the patches that it needs.

Thespian creates the actors, gives them addresses, and runs the admin that everything descends from. Messages between
actors go through ``actors.runtime.transport`` and bypass Thespian's queues: this takes 0.05 ms of CPU time per
message, and Thespian's TCP transport 0.4 ms. Thespian's own system messages (create an actor, an endpoint has
connected) use the same sockets.

Line numbers are those of thespian 4.0.1, which is pinned and asserted. Each patch says what goes wrong without it; its
test is in tests/actors/runtime/test_thespian_layer.py.
"""

import asyncio
import contextlib
import importlib.metadata
import itertools
import os
import socket
import types
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

# Read at import: no log file of Thespian's own in /tmp.
os.environ["THESPLOG_FILE_MAXSIZE"] = "0"
os.environ["THESPLOG_THRESHOLD"] = "CRITICAL"

import thespian.actors as ta
import thespian.system.multiprocCommon as multiproc
import thespian.system.transport as thespian_transport
from thespian.system.addressManager import CannotPickleAddress
from thespian.system.messages.multiproc import ChildMayHaveDied, EndpointConnected

from actors.runtime import process
from actors.runtime.child_spec import load_class
from actors.runtime.envelope import Envelope, Start, StartFailed
from actors.runtime.port import SpawnedProcess
from actors.runtime.transport import Connection, Endpoint, listen, serialize

PINNED = "4.0.1"
ADDRESSES = "actors"  # in the run directory: one socket per process
ADMIN = "admin"

_launcher_pid = 0


def install() -> None:
    """Patch Thespian in this process, from which every process of the system is forked."""
    global _launcher_pid  # inherited by fork
    if importlib.metadata.version("thespian") != PINNED:
        raise RuntimeError(f"thespian {PINNED} is needed: its internals are patched")
    _launcher_pid = os.getpid()
    process.become_subreaper()
    multiproc._startLogger = _start_without_logger


def _start_without_logger(_kind: Any, transport: "Transport", admin: Any, *_: Any) -> None:
    # multiprocCommon.py:229: the admin forks a logger process, to which every actor sends its log records; when that
    # one stops, everybody freezes after some twenty lines. Each process writes its own log, so there is none; what
    # the admin does when its logger reports (h_LoggerConnected, line 428) is done at once.
    admin.asLogger, admin.asLogProc = transport.myAddress, None
    transport.scheduleTransmit(None, thespian_transport.TransmitIntent(admin.addrOfStarter, EndpointConnected(0)))
    admin._activate()


class SocketAddress:
    """What a Thespian ``ActorAddress`` holds: the path of the socket that the process listens on."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SocketAddress) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __str__(self) -> str:
        return self.path


def _address(path: str) -> Any:
    return ta.ActorAddress(SocketAddress(path))


class _Prepared(thespian_transport.TransportInit__Base):  # type: ignore[misc]
    """A socket made by the parent, so that messages can be sent to a child before it runs."""

    def __init__(self, instance: int | None, listener: socket.socket, path: str) -> None:
        self.addrInst = instance
        self.listener = listener
        self.path = path


class _External:
    """Asks for one more address of the launcher."""


class Transport:
    """The transport interface that Thespian expects (see its transport/UDPTransport.py), on ``transport.Endpoint``.

    It is constructed first in every process of the system, so a new process also sets itself up here.
    """

    _serial = itertools.count(1)  # a socket's name is used once per run, so no message reaches a later life

    def __init__(self, init: Any, *args: Any) -> None:
        if isinstance(init, _Prepared):
            process.forget_inherited_descriptors(keep=init.listener.fileno())
            process.die_with_parent(_launcher_pid if init.addrInst is None else None)
            path, listener = init.path, init.listener
        elif isinstance(init, _External):
            path, listener = self._new_path(args[0]), None
        else:
            path, listener = self._new_path(_directory(args[0])), None
        self._directory = os.path.dirname(path)
        self.loop = asyncio.new_event_loop()
        self.endpoint = Endpoint(self.loop, path, listener)
        self.endpoint.received = self._received
        self.endpoint.flushed = self._flushed
        self.on_envelope: Callable[[Envelope, Connection], None] | None = None
        self.last_prepared: _Prepared | None = None
        self.myAddress = _address(path)
        self._arrived: deque[Any] = deque()
        self._handler: Any = None
        self._running = False
        self._result: Any = None

    @classmethod
    def _new_path(cls, directory: str) -> str:
        return f"{directory}/{os.getpid()}.{next(cls._serial)}"

    # ---------------------------------------------------------------- addresses and endpoints
    @staticmethod
    def getAdminAddr(capabilities: dict[str, Any]) -> Any:
        return _address(f"{_directory(capabilities)}/{ADMIN}")

    @staticmethod
    def probeAdmin(address: Any) -> bool:
        return os.path.exists(address.addressDetails.path)

    def prepEndpoint(self, assigned: Any, _capabilities: Any) -> _Prepared:
        details = assigned.addressDetails
        if isinstance(details, SocketAddress):
            self.last_prepared = _Prepared(None, listen(details.path), details.path)
        else:
            path = self._new_path(self._directory)
            self.last_prepared = _Prepared(details.addressInstanceNum, listen(path), path)
        return self.last_prepared

    def connectEndpoint(self, prepared: _Prepared) -> None:
        prepared.listener.close()  # the child has it

    def external_transport_clone(self) -> "Transport":
        return Transport(_External(), self._directory)

    def childResetFileNumList(self) -> list[int]:
        return []

    def deadAddress(self, _manager: Any, _address: Any) -> None:
        """Nothing to do: an address is never used twice."""

    def setAddressManager(self, _manager: Any) -> None: ...

    def enableRXPauseFlowControl(self, _enable: bool = True) -> None: ...

    def _updateStatusResponse(self, _response: Any) -> None: ...

    def close(self) -> None:
        self.endpoint.close()
        self.loop.close()

    # ---------------------------------------------------------------- sending Thespian's own messages
    def scheduleTransmit(self, manager: Any, intent: Any, has_exclusive_flag: bool = False) -> None:
        target, message = intent.targetAddr, intent.message
        if manager is not None:
            target, message = manager.prepMessageSend(target, message)
            if target is None:
                raise CannotPickleAddress(intent.targetAddr)
        status = thespian_transport.SendStatus
        path = target.addressDetails.path
        if path == self.endpoint.path:
            self._deliver_later(message)
        elif (connection := self.endpoint.to(path)) is None:
            intent.tx_done(status.DeadTarget)
            return
        else:
            connection.send(serialize((self.endpoint.path, message)))
        intent.tx_done(status.Sent)

    def _deliver_later(self, message: Any) -> None:
        if not isinstance(message, thespian_transport.Thespian__UpdateWork):
            self.loop.call_soon_threadsafe(self._received, (self.endpoint.path, message), None)

    def interrupt_wait(self, signal_shutdown: bool = False, check_children: bool = False) -> None:
        """Called from signal handlers."""
        if signal_shutdown:
            self._deliver_later(ta.ActorExitRequest())
        if check_children:
            self._deliver_later(ChildMayHaveDied())

    def addWakeup(self, period: timedelta, payload: Any) -> None:
        self.loop.call_later(period.total_seconds(), self._deliver_later, ta.WakeupMessage(period, payload))

    # ---------------------------------------------------------------- receiving
    def _received(self, message: Any, connection: Connection | None) -> None:
        if isinstance(message, Envelope):
            if self.on_envelope is not None and connection is not None:
                self.on_envelope(message, connection)
            return
        sender, content = message
        self._arrived.append(thespian_transport.ReceiveEnvelope(_address(sender), content))
        self._hand_over()

    def _hand_over(self) -> None:
        while self._arrived and self._running and self._result is None:
            envelope = self._arrived.popleft()
            if self._handler is None:
                self._end(envelope)
            elif not (result := self._handler(envelope)):
                self._end(thespian_transport.Thespian__Run_HandlerResult(result))

    def run(self, handler: Any, maximumDuration: timedelta | None = None) -> Any:
        """Run the loop until the handler stops it, a message arrives (without a handler), or the time is over."""
        if handler is thespian_transport.TransmitOnly:
            return self._drain(maximumDuration)
        self._handler, self._result, self._running = handler, None, True
        timer = None
        if maximumDuration is not None:
            expired = thespian_transport.Thespian__Run_Expired()
            timer = self.loop.call_later(maximumDuration.total_seconds(), self._end, expired)
        self._hand_over()
        if self._result is None:
            self.loop.run_forever()
        if timer is not None:
            timer.cancel()
        self._running = False
        return self._result

    def abort_run(self, drain: bool = False) -> None:
        if drain:
            self._drain(timedelta(seconds=1))
        self._end(thespian_transport.Thespian__Run_Terminated())

    def _end(self, result: Any) -> None:
        self._result = result
        self.loop.stop()

    def _drain(self, maximum: timedelta | None) -> int:
        """Pass waiting packets to the kernel; returns the number of connections that still wait."""
        if self.endpoint.waiting and not self.loop.is_running():
            timer = self.loop.call_later(maximum.total_seconds() if maximum else 1.0, self.loop.stop)
            self.loop.run_forever()
            timer.cancel()
        return int(self.endpoint.waiting)

    def _flushed(self) -> None:
        if not self._running and not self.endpoint.waiting:
            self.loop.stop()


def _directory(capabilities: dict[str, Any]) -> str:
    return str(capabilities["Address Directory"])


class _Base(multiproc.multiprocessCommon):  # type: ignore[misc]
    transportType = Transport


class System:
    """The actor system seen from the launcher: start it with one actor, the supervisor."""

    def __init__(self, run_dir: Path) -> None:
        directory = run_dir / ADDRESSES
        directory.mkdir(mode=0o700, exist_ok=True)
        for former in directory.iterdir():
            former.unlink()
        capabilities = {"Address Directory": str(directory), "Process Startup Method": "fork"}
        self._actors = ta.ActorSystem(_Base(types.SimpleNamespace(capabilities=capabilities)), transientUnique=True)

    def start(self, start: Start) -> None:
        base = self._actors._systemBase
        address = self._actors.createActor(Host)
        connection = base.transport.endpoint.to(address.addressDetails.path)
        if connection is not None:
            connection.send(serialize(start))


class ProcessPort:
    """``port.Port`` of a real process."""

    def __init__(self, host: "Host") -> None:
        self._host = host

    @property
    def _transport(self) -> Transport:
        transport: Transport = self._host._myRef.transport
        return transport

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._transport.loop

    @property
    def path(self) -> str:
        """Our own address."""
        return self._transport.endpoint.path

    def to(self, path: str) -> Connection | None:
        """The connection to another actor; None where nobody listens any more."""
        return self._transport.endpoint.to(path)

    def create(self) -> SpawnedProcess:
        """A new actor process, a copy of this one."""
        self._transport.last_prepared = None
        self._host.createActor(Host)  # does not report failures
        prepared = self._transport.last_prepared
        for child in reversed(getattr(self._host._myRef, "_child_procs", ())):
            if prepared is not None and child.childNum == prepared.addrInst:
                return SpawnedProcess(prepared.path, child.childProc.pid)
        raise RuntimeError("no process was made")

    def forget(self, created: SpawnedProcess) -> None:
        """An actor process has ended and been collected.

        Thespian detects this too, but loses a child that dies while it handles the end of another
        (multiprocCommon.py:383), and never forgets it.
        """
        manager = self._host._myRef
        manager._child_procs = [child for child in manager._child_procs if child.childProc.pid != created.pid]
        manager._children = [child for child in manager._children if child.addressDetails.path != created.path]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(created.path)

    def crash(self, name: str, error: BaseException) -> None:
        process.crash(name, error)

    def exit(self, code: int) -> None:
        os._exit(code)


class Host(ta.Actor):  # type: ignore[misc]
    """The Thespian actor around one of ours, which ``Start`` names."""

    def __init__(self) -> None:
        # multiprocCommon.py:678 installs Python handlers for *all* signals once we return: a SIGSEGV then spins for
        # ever. So the signals are reset when the first message arrives.
        self._name = "?"
        self._receive: Callable[[Envelope, Connection], None] | None = None

    @property
    def _myRef(self) -> Any:
        return self._manager

    @_myRef.setter
    def _myRef(self, manager: Any) -> None:  # set by actorManager.py:81, before anything can arrive
        self._manager = manager
        manager.transport.on_envelope = self._envelope

    def receiveMessage(self, _message: Any, _sender: Any) -> None:
        """Thespian's own notifications are ignored: the supervisor's directory and pidfds say who is alive."""

    def _envelope(self, envelope: Envelope, connection: Connection) -> None:
        try:
            if self._receive is not None:
                self._receive(envelope, connection)
            elif isinstance(envelope, Start):
                self._begin(envelope, connection)
        except BaseException as error:  # noqa: BLE001 — a new process is the only known state
            process.crash(self._name, error)

    def _begin(self, start: Start, connection: Connection) -> None:
        self._name = start.name
        process.sane_signals()
        process.plain_logging()
        process.set_title(start.name)
        port = ProcessPort(self)
        asyncio.set_event_loop(port.loop)
        try:
            kind = load_class(start.class_path)
        except Exception as error:  # noqa: BLE001 — somebody else's module may raise anything
            reason = f"{start.class_path} cannot be loaded: {type(error).__name__}: {error}"
            connection.send(serialize(StartFailed(start.name, start.own_generation, reason)))
            os._exit(process.CANNOT_START)
        inner = kind(start, port, connection)
        self._receive = inner.receive
        inner.begin()
