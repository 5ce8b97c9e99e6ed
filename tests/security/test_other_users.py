"""Another user of the same device can neither connect to anything of the program nor read anything of it."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.wire.server import RunningServer

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user"),
]

NOBODY = 65534


def as_nobody(look: Callable[[], Any]) -> Any:
    """What ``look`` finds when it runs as a user without any right."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.write(there, json.dumps(look()).encode())
        os._exit(0)
    os.close(there)
    with os.fdopen(here) as pipe:
        found = json.loads(pipe.read())
    os.waitpid(pid, 0)
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("other_users")
    for directory in (folder, *folder.parents[:3]):  # as in a home that others may look into
        directory.chmod(0o755)
    running = RunningServer(folder / "data")
    yield running
    running.stop()


def everything(server: RunningServer) -> list[Path]:
    found = [path for root in (server.data_dir, server.run_dir, server.shm_dir) for path in (root, *root.rglob("*"))]
    assert len(found) > 20
    return found


def test_no_file_can_be_read(server: RunningServer) -> None:
    paths = [str(path) for path in everything(server)]

    def look() -> list[str]:
        return [path for path in paths if os.access(path, os.R_OK) or os.access(path, os.W_OK)]

    assert as_nobody(look) == []


def test_no_socket_takes_a_connection(server: RunningServer) -> None:
    sockets = [str(path) for path in everything(server) if path.is_socket()]
    assert len(sockets) > 10

    def look() -> list[str]:
        reached = []
        for path in sockets:
            for kind in (socket.SOCK_SEQPACKET, socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_UNIX, kind) as one:
                    try:
                        one.connect(path)
                    except OSError:
                        continue
                    reached.append(path)
        return reached

    assert as_nobody(look) == []


def test_no_process_can_be_looked_into(server: RunningServer) -> None:
    pids = [row.pid for row in server.rows().values() if row.pid]

    def look() -> list[str]:
        seen = []
        for pid in pids:
            for name in ("environ", "maps", "fd"):
                try:
                    path = f"/proc/{pid}/{name}"
                    os.listdir(path) if name == "fd" else Path(path).read_bytes()
                except OSError:
                    continue
                seen.append(path)
        return seen

    assert as_nobody(look) == []


def test_no_socket_of_any_kind_lies_in_the_open(server: RunningServer) -> None:
    """Abstract AF_UNIX names have no owner: whoever is on the device could use them."""
    inodes = set()
    for row in server.rows().values():
        if not row.pid:
            continue  # switched off
        for name in os.listdir(f"/proc/{row.pid}/fd"):
            target = os.readlink(f"/proc/{row.pid}/fd/{name}") if os.path.exists(f"/proc/{row.pid}/fd/{name}") else ""
            inodes.add(target.removeprefix("socket:[").removesuffix("]"))
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    ours = [line[7] for line in lines if len(line) > 7 and line[6] in inodes]
    assert ours
    assert not [name for name in ours if name.startswith("@")]
