"""What each process of a run sets up for itself: it dies with its parent, inherits no descriptors, resets signals.

Also how a process ends on an exception. Independent of Thespian and asyncio.
"""

import ctypes
import faulthandler
import logging
import os
import signal
import sys
import time
import traceback
from typing import NoReturn

CRASHED = 71  # exit code of an actor after an unexpected exception
CANNOT_START = 72  # exit code of an actor that reported why it cannot start
ORPHANED = 70
PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36  # linux/prctl.h

ROOT, MANAGER = logging.root, logging.Logger.manager  # before Thespian replaces them
_libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper() -> None:
    """Make orphaned descendants our children, so that we can reap them (prctl(2))."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def set_title(name: str) -> None:
    """The name that ps and top show; the kernel keeps 15 bytes."""
    _libc.prctl(PR_SET_NAME, f"ipc-{name}".encode()[:15], 0, 0, 0)


def forget_inherited_descriptors(keep: int) -> None:
    """Close every descriptor inherited by fork, except 0 to 2 and ``keep``.

    /dev/null keeps the numbers in use, because objects inherited with the parent's memory may close them again.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and number not in (nothing, keep):
            try:
                os.fstat(number)
            except OSError:
                continue  # the listing's own descriptor
            os.dup2(nothing, number, inheritable=False)
    os.close(nothing)


def die_with_parent(expected: int | None = None) -> None:
    """Have the kernel send us SIGKILL as soon as our parent ends.

    ``expected``: the pid of our parent once the intermediate process (of a double fork) has ended.
    """
    deadline = time.monotonic() + 2
    while expected is not None and os.getppid() != expected and time.monotonic() < deadline:
        time.sleep(0.001)
    parent = os.getppid()
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent == 1 or os.getppid() != parent or expected not in (None, parent):
        os._exit(ORPHANED)


def sane_signals() -> None:
    """Default handlers for fatal signals, with a Python traceback of a crash; the rest is up to the launcher."""
    for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)  # the launcher stops us in order; the supervisor kills what hangs
    faulthandler.enable()


def plain_logging() -> None:
    """Restore the root logger under which libraries were imported, instead of Thespian's, without a handler yet.

    A new root logger would not do: loggers created in the parent would keep writing to the old one, without our
    format, limits and redaction.
    """
    logging.root = logging.Logger.root = ROOT
    logging.Logger.manager = MANAGER
    ROOT.handlers.clear()


def crash(name: str, error: BaseException) -> NoReturn:
    """Log and end this process: a new process is the only known state."""
    text = "".join(traceback.format_exception(error))
    sys.stderr.write(f"actor {name} (pid {os.getpid()}) ends on an exception\n{text}")
    sys.stderr.flush()
    os._exit(CRASHED)
