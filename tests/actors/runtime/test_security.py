"""Nobody but our own processes may speak to an actor: the transport unpickles what it accepts."""

import os
import pickle
import socket
from pathlib import Path

import pytest

from actors.runtime.program_run import processes_of
from actors.runtime.thespian_layer import ADDRESSES
from tests.actors.runtime.conftest import Running
from tests.actors.runtime.toys import Echo

NOBODY = 65534


class Bomb:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return (os.mkdir, (self.path,))


def sockets_of(running: Running) -> set[str]:
    """The inodes of all sockets of all processes of the run."""
    inodes = set()
    for pid in processes_of(os.getsid(running.rows()["one"].pid)):
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                target = os.readlink(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    return inodes


def addresses_of(running: Running) -> list[Path]:
    return list((running.boot.run_dir / ADDRESSES).iterdir())


def test_no_internet_socket_is_open(toys: Running) -> None:
    inodes = sockets_of(toys)
    assert len(inodes) >= 5
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines = Path("/proc/net", table).read_text().splitlines()[1:]
        assert not inodes & {line.split()[9] for line in lines}


def test_addresses_lie_where_nobody_else_can_look(toys: Running) -> None:
    assert (toys.boot.run_dir / ADDRESSES).stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="only root can speak as another user")
def test_another_user_is_refused_before_anything_is_unpickled(toys: Running, tmp_path: Path) -> None:
    (toys.boot.run_dir / ADDRESSES).chmod(0o755)  # as if the directory did not protect us
    for directory in (toys.boot.run_dir, *toys.boot.run_dir.parents[:4]):
        directory.chmod(0o755)
    for path in addresses_of(toys):
        path.chmod(0o777)
    target = tmp_path / "made by the bomb"
    tmp_path.chmod(0o777)
    tried = os.fork()
    if tried == 0:
        os.setuid(NOBODY)
        reached = 0
        for path in addresses_of(toys):
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
                stranger.settimeout(2)
                try:
                    stranger.connect(str(path))
                    stranger.send(b"\0" + pickle.dumps(Bomb(str(target))))
                    reached += stranger.recv(100) == b""  # closed
                except OSError:
                    reached += 1
        os._exit(0 if reached else 1)
    assert os.waitpid(tried, 0)[1] == 0
    assert toys.control.ask("one", Echo("alive")) == "one: alive"
    assert not target.exists()
    assert all(row.restarts == 0 for row in toys.rows().values())
