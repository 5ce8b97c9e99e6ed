"""Where Ray's ports are: in a network namespace, so that nobody but the cluster can even try them (namespaces(7)).

Ray listens on every address it finds, with whatever its version opens. So it finds no more than the cluster's network:
by itself none but the loopback; with several hosts the namespace that their owner has made for it. The listener for
cameras is opened before, outside, and works inside: a socket belongs to the namespace that it was made in.
"""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

from models.errors import Unavailable

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h
NAMED = Path("/run/netns")
REMEDY = "or use --network shared behind a firewall: docs/pool.md"


def enter_own() -> None:
    """From now on this process and its children see a loopback and nothing else. Raises Unavailable."""
    user = "" if os.geteuid() == 0 else f"{os.geteuid()} {os.geteuid()} 1"
    group = f"{os.getegid()} {os.getegid()} 1"
    try:
        _call("unshare", CLONE_NEWNET | (CLONE_NEWUSER if user else 0))
        if user:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(user)
            Path("/proc/self/gid_map").write_text(group)
        _loopback_up()
    except OSError as error:
        raise Unavailable(f"no network namespace can be made here ({error.strerror}); run as root, {REMEDY}") from error


def enter_named(name: str) -> None:
    """As ``ip netns exec``; the administrator has made it. Raises Unavailable."""
    try:
        with (NAMED / name).open() as namespace:
            _call("setns", namespace.fileno(), CLONE_NEWNET)
    except OSError as error:
        raise Unavailable(f"the network namespace {name} cannot be entered: {error.strerror}") from error


def _call(name: str, *arguments: int) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        name, flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", name, flags | IFF_UP))
