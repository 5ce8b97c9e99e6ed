"""Nobody but our own processes may speak to an actor: the transport unpickles what it accepts."""

import os
import pickle
import socket
from pathlib import Path

from actors.runtime.session import processes_of
from tests.actors.runtime.conftest import Running
from tests.actors.runtime.toys import Echo


class Bomb:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return (os.mkdir, (self.path,))


def listeners(running: Running) -> list[tuple[str, int]]:
    """(address, port) of every TCP socket that the system listens on, from /proc."""
    inodes = set()
    for pid in processes_of(os.getsid(running.rows()["one"].pid)):
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                target = os.readlink(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                found.append((address, int(port, 16)))
    return found


def test_everything_listens_on_loopback_only(toys: Running) -> None:
    found = listeners(toys)
    assert len(found) >= 5
    assert {address for address, _ in found} == {"0100007F"}


def test_an_unsigned_message_is_rejected_before_it_is_unpickled(toys: Running, tmp_path) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "pwned"
    body = pickle.dumps(("x", Bomb(str(target))))
    for _, port in listeners(toys):
        with socket.create_connection(("127.0.0.1", port), 2) as attacker:
            attacker.sendall(b"%d>" % len(body) + body)
            attacker.settimeout(1)
            try:
                attacker.recv(100)
            except (TimeoutError, ConnectionError):
                continue
    assert not target.exists()
    assert toys.control.ask("one", Echo("alive")) == "one: alive"


def test_garbage_and_absurd_sizes_do_not_hurt(toys: Running) -> None:
    for junk in (b"\xff" * 5000, b"99999999999>" + b"x" * 100, b"-5>abc", b"5", b">>>>>", b"0>"):
        for _, port in listeners(toys):
            with socket.create_connection(("127.0.0.1", port), 2) as attacker:
                try:
                    attacker.sendall(junk)
                except ConnectionError:
                    continue
    assert toys.control.ask("two", Echo("alive")) == "two: alive"
    assert all(row.restarts == 0 for row in toys.rows().values())
