"""All contact with Thespian's internals. Each patch says what goes wrong without it; tests/actors/runtime has its test.

Line numbers are those of thespian 4.0.1, which is pinned and asserted.
"""

import asyncio
import atexit
import contextlib
import ctypes
import errno
import faulthandler
import hashlib
import hmac
import importlib
import importlib.metadata
import logging
import os
import pickle
import select
import selectors
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable
from datetime import timedelta
from typing import Any

# Read at import: the address that actors advertise (IPBase.py:117), and no log file of Thespian's own in /tmp.
os.environ["THESPIAN_BASE_IPADDR"] = "127.0.0.1"
os.environ["THESPLOG_FILE_MAXSIZE"] = "0"
os.environ["THESPLOG_THRESHOLD"] = "CRITICAL"

import thespian.actors as ta
import thespian.system.actorManager as actor_manager
import thespian.system.multiprocCommon as multiproc
import thespian.system.systemBase as system_base
import thespian.system.transport as transport
import thespian.system.transport.asyncTransportBase as async_transport
import thespian.system.transport.IPBase as ip_base
import thespian.system.transport.streamBuffer as stream_buffer
import thespian.system.transport.TCPTransport as tcp
from thespian.system.multiprocTCPBase import ActorSystemBase

from actors.runtime import limits
from actors.runtime.envelope import Address, Envelope, Start

PINNED = "4.0.1"
CRASHED = 71  # exit code of an actor that gave up on an exception
CANNOT_START = 72  # exit code of an actor that told why it cannot start
ORPHANED = 70
LOOPBACK = "127.0.0.1"
PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36

_libc = ctypes.CDLL(None, use_errno=True)
_key = b""
_launcher_pid = 0


def install(key: bytes) -> None:
    """Patch Thespian in this process, which every process of the system is forked from. ``key``: this boot's secret."""
    global _key, _launcher_pid  # inherited by fork: the key is in no environment and no file
    if importlib.metadata.version("thespian") != PINNED:
        raise RuntimeError(f"thespian {PINNED} is needed: its internals are patched")
    _key, _launcher_pid = key, os.getpid()
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _bind_to_loopback()
    _sign_messages()
    _bound_messages()
    _cheap_identify()
    _raise_pending_limit()
    _retry_soon()
    _lose_no_death()
    _shut_down_each_child()


# ------------------------------------------------------------------------------------------------ security
def _bind_to_loopback() -> None:
    # IPBase.py:179 binds ('', port), i.e. 0.0.0.0, whenever ``external`` is truthy, which it always is; no capability
    # changes that. Whoever reaches the port can run code as us (the next patch), so it must not be reachable.
    ip_base.IPActorAddress.bindArgs = property(lambda self: ((LOOPBACK, self.bindname[1]),))


class Signed:
    """Pickle behind HMAC-SHA256, verified *before* unpickling. TCPTransport.py:112 unpickles whatever arrives."""

    @staticmethod
    def dumps(value: Any) -> bytes:
        body = pickle.dumps(value, 5)
        return hmac.digest(_key, body, hashlib.sha256) + body

    @staticmethod
    def loads(data: bytes) -> Any:
        data = bytes(data)
        if len(data) < 32 or not hmac.compare_digest(data[:32], hmac.digest(_key, data[32:], hashlib.sha256)):
            raise ValueError("message signature")
        return pickle.loads(data[32:])  # noqa: S301 — the signature is ours


def _sign_messages() -> None:
    tcp.serializer = Signed
    tcp.ackMsg = stream_buffer.toSendBuffer(stream_buffer.ackPacket, Signed.dumps)
    tcp.ackDataErrMsg = stream_buffer.toSendBuffer(stream_buffer.ackDataErrPacket, Signed.dumps)


def _bound_messages() -> None:
    # streamBuffer.py:67: a peer may announce any size, and it is buffered before it is looked at.
    add_more = stream_buffer.ReceiveBuffer.addMore

    def bounded_add_more(self: Any, data: bytes) -> None:
        add_more(self, data)
        if self._size is not None and not 0 < self._size <= limits.MESSAGE_MAX_BYTES:
            raise OSError(errno.EPROTO, "message size")

    stream_buffer.ReceiveBuffer.addMore = bounded_add_more


# ------------------------------------------------------------------------------------------------ cost and pace
def _cheap_identify() -> None:
    # systemCommon.py:164, actorManager.py:133, asyncTransportBase.py:331 str() every message two or three times.
    transport.TransmitIntent.identify = lambda self: type(self.message).__name__
    transport.ReceiveEnvelope.identify = lambda self: type(self.message).__name__


def _raise_pending_limit() -> None:
    # asyncTransportBase.py:37: 20 pending transmits over *all* targets, so that one stopped peer delays all others.
    # Our own credit (peers.py) bounds what can be pending for each target; this must only never be reached.
    async_transport.MAX_PENDING_TRANSMITS = 2_000


def _retry_soon() -> None:
    # transport/__init__.py:10: a connection that breaks before its ack is tried again after 35 s × attempt.
    transport.TransmitIntent.__init__.__defaults__ = (None, None, None, timedelta(milliseconds=200))


# ------------------------------------------------------------------------------------------------ bugs
def _lose_no_death() -> None:
    # multiprocCommon.py:383: handling one child's exit drops every other dead child unreported (lost 3 of 33 for two
    # deaths within 12 ms); shutdown then waits 10 s for the lost ones and leaves orphans.
    replicator = multiproc.MultiProcReplicator
    stock_child_died = replicator.childDied

    def child_exited(self: Any, address: Address) -> None:
        keep = []
        for child in getattr(self, "_child_procs", []):
            real = getattr(child, "childRealAddr", child.childAddr)
            if real != address and child.childAddr != address:
                keep.append(child)
            elif self._checkChildLiveness(child):  # it has said goodbye and still runs
                child.reported = True
                keep.append(child)
        self._child_procs = keep

    def child_died(self: Any) -> Any:
        self._child_procs = [
            child
            for child in getattr(self, "_child_procs", [])
            if not (getattr(child, "reported", False) and not self._checkChildLiveness(child))
        ]
        return stock_child_died(self)

    replicator._childExited = child_exited
    replicator.childDied = child_died


def _shut_down_each_child() -> None:
    # actorManager.py:231: the lambda closes over the loop variable, so that the wrong child is marked as gone and
    # shutdown waits for 10 s.
    def shut_down(self: Any, shutdownChildren: bool = True) -> bool:  # noqa: N803 — Thespian's name
        atexit.unregister(self._shutdownActor)
        if getattr(self, "_exiting", None):
            return True
        self._exiting = True
        children = list(self.childAddresses)
        if shutdownChildren and children:
            for child in children:
                request = ta.ActorExitRequest(recursive=True)

                def gone(_result: Any, intent: Any, child: Address = child) -> Any:
                    return self._childInaccessible(child, intent)

                self._send_intent(transport.TransmitIntent(child, request, onError=gone))
            return True
        self._sayGoodbye()
        self.transport.abort_run(drain=True)
        return False

    actor_manager.ActorManager._shutdownActor = shut_down
    system_base.MAX_SYSTEM_SHUTDOWN_DELAY = timedelta(seconds=limits.STOP_TOTAL_S)


# ------------------------------------------------------------------------------------------------ processes
def _forget_inherited_descriptors() -> None:
    # multiprocCommon.py:250: forked processes keep the parents' listening sockets (after the admin's kill -9 a restart
    # failed for 14.5 s), and the launcher's lock. The numbers stay taken by /dev/null, because objects inherited with
    # the parent's memory may close them a second time.
    nothing = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and number != nothing:
            try:
                os.fstat(number)
            except OSError:
                continue  # the listing's own descriptor
            os.dup2(nothing, number, inheritable=False)
    os.close(nothing)


def _die_with_parent(is_admin: bool) -> None:
    # multiprocCommon.py:155–161: setsid and a double fork, so that Ctrl-C and kill leave everything running.
    if is_admin:
        deadline = time.monotonic() + 2
        while os.getppid() != _launcher_pid and time.monotonic() < deadline:
            time.sleep(0.001)  # until the intermediate process is gone and the subreaper has us
    parent = os.getppid()
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent == 1 or os.getppid() != parent or (is_admin and parent != _launcher_pid):
        os._exit(ORPHANED)


class Transport(tcp.TCPTransport):  # type: ignore[misc]
    """Constructed first thing in every process of the system: the one place that reaches all of them."""

    def __init__(self, init: Any, *args: Any) -> None:
        if isinstance(init, tcp.TCPEndpoint):
            _forget_inherited_descriptors()
            _die_with_parent(is_admin=init.args[1] is not None)
        super().__init__(init, *args)

    def external_transport_clone(self) -> "Transport":
        return Transport(tcp.ExternalTransportCopy(), self._adminAddr, self.txOnly, False)


class _Base(ActorSystemBase):  # type: ignore[misc]
    transportType = Transport


class System:
    """The actor system seen from the launcher: start, one actor (the supervisor), stop."""

    def __init__(self, admin_port: int) -> None:
        holder = types.SimpleNamespace(capabilities={"Admin Port": admin_port, "Process Startup Method": "fork"})
        self._actors = ta.ActorSystem(_Base(holder), transientUnique=True)

    def start(self, start: Start) -> Address:
        address = self._actors.createActor(Host)
        self._actors.tell(address, start)
        return address

    def shut_down(self) -> None:
        self._actors.shutdown()


# ------------------------------------------------------------------------------------------------ the main loop
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class LoopSelector:
    """asyncio as the actor's main loop.

    TCPTransport.py:1153 makes a selector for each pass and waits in it. This one runs the asyncio loop meanwhile, until
    one of Thespian's descriptors is ready, the delay ends, or somebody stops the loop. So every coroutine runs on the
    main thread between Thespian's own steps, where sending and creating actors is legal.

    The descriptors are in an epoll of their own, which the loop watches as one: adding each to the loop for each pass
    was a quarter of what an idle actor did.
    """

    loop: asyncio.AbstractEventLoop
    epoll: select.epoll

    def __init__(self) -> None:
        self._wanted: dict[int, int] = {}

    def register(self, descriptor: int, events: int) -> None:
        self._wanted[descriptor] = self._wanted.get(descriptor, 0) | events

    def close(self) -> None: ...

    def select(self, delay: float | None) -> list[tuple[Any, int]]:
        # Registered for this pass only: Thespian closes and re-uses descriptors behind our back.
        loop, epoll = self.loop, self.epoll
        registered = []
        timer = None
        try:
            for descriptor, events in self._wanted.items():
                epoll.register(descriptor, _MASKS[events])
                registered.append(descriptor)
            if delay is not None:
                timer = loop.call_later(delay, loop.stop) if delay > 0 else loop.call_soon(loop.stop)
            loop.run_forever()
            ready = epoll.poll(0)
        finally:
            if timer is not None:
                timer.cancel()
            for descriptor in registered:
                with contextlib.suppress(OSError):  # closed meanwhile
                    epoll.unregister(descriptor)
        found = [(descriptor, _events(mask) & self._wanted[descriptor]) for descriptor, mask in ready]
        return [(types.SimpleNamespace(fd=descriptor), events) for descriptor, events in found if events]


_MASKS = {READ: select.EPOLLIN, WRITE: select.EPOLLOUT, READ | WRITE: select.EPOLLIN | select.EPOLLOUT}


def _events(mask: int) -> int:
    """An error or a hang-up is for whoever waits, whatever for."""
    return (READ if mask & ~select.EPOLLOUT else 0) | (WRITE if mask & ~select.EPOLLIN else 0)


def _make_asyncio_the_main_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    LoopSelector.loop, LoopSelector.epoll = loop, select.epoll()
    loop.add_reader(LoopSelector.epoll, loop.stop)
    tcp.selectors = types.SimpleNamespace(DefaultSelector=LoopSelector, EVENT_READ=READ, EVENT_WRITE=WRITE)
    return loop


def _sane_signals_and_logging() -> None:
    # multiprocCommon.py:678 installs Python handlers for *all* signals: a SIGSEGV then spins for ever.
    for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGPIPE else signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the launcher stops us in order; the supervisor kills what hangs
    faulthandler.enable()
    # Thespian pickles log records to a logger process; when that one stops, everybody freezes after some 20 lines.
    root = logging.RootLogger(logging.WARNING)
    logging.root = root
    logging.Logger.root = root
    logging.Logger.manager = logging.Manager(root)


def crash(name: str, error: BaseException) -> None:
    """Log and end this process. A new process is the only known state.

    actorManager.py:165 would run the handler again with its state half changed, and then poison the sender.
    """
    text = "".join(traceback.format_exception(error))
    sys.stderr.write(f"actor {name} (pid {os.getpid()}) ends on an exception\n{text}")
    sys.stderr.flush()
    os._exit(CRASHED)


class Port:
    """What an actor may do with Thespian."""

    def __init__(self, host: "Host", loop: asyncio.AbstractEventLoop) -> None:
        self._host = host
        self.loop = loop

    def send(self, to: Address, envelope: Envelope) -> None:
        self._host.send(to, envelope)
        self.loop.stop()  # the transport looks at its queue between two runs of the loop

    @property
    def address(self) -> Address:
        return self._host.myAddress

    def create(self) -> tuple[Address, int, Any]:
        """A new actor process: its address, pid and multiprocessing.Process."""
        address = self._host.createActor(Host)
        self.loop.stop()
        for child in reversed(self._host._myRef._child_procs):
            if child.childAddr == address:
                return address, child.childProc.pid, child.childProc
        raise RuntimeError("no process was made")


class Host(ta.Actor):  # type: ignore[misc]
    """The Thespian actor around one of ours. The class to host comes by name: the parent need not import it."""

    def __init__(self) -> None:
        _sane_signals_and_logging()
        self._port = Port(self, _make_asyncio_the_main_loop())
        self._receive: Callable[[Envelope, Address], None] | None = None
        self._name = "?"

    def receiveMessage(self, message: Any, sender: Address) -> None:  # noqa: N802 — Thespian's name
        try:
            if isinstance(message, Start) and self._receive is None:
                self._begin(message, sender)
            elif isinstance(message, Envelope) and self._receive is not None:
                self._receive(message, sender)
            elif isinstance(message, ta.DeadEnvelope | ta.PoisonMessage):
                return  # the supervisor's directory and pidfds are the truth about who lives
        except BaseException as error:  # noqa: BLE001 — a new process is the only known state
            crash(self._name, error)

    def _begin(self, start: Start, sender: Address) -> None:
        self._name = start.name
        _libc.prctl(PR_SET_NAME, f"ipc-{start.name}".encode()[:15], 0, 0, 0)
        module, _, name = start.class_path.partition(":")
        inner = getattr(importlib.import_module(module), name)(start, self._port, sender)
        self._receive = inner.receive
        inner.begin()
