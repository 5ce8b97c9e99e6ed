"""What of the running program can be reached from another host: its public ports and nothing else."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from actors.runtime.program_run import processes_of
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system]

HOST, GUEST = "10.213.7.1", "10.213.7.2"  # inside a namespace made here
NAMESPACE = f"ipcam-{os.getpid()}"


def listeners(server: RunningServer) -> set[tuple[str, int]]:
    """(address, port) of every TCP listener of the program, from ss."""
    pids = {str(pid) for pid in processes_of(os.getsid(server.rows()["facade"].pid))} | {str(server.process.pid)}
    listing = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    found = set()
    for line in listing.splitlines():
        if any(f"pid={pid}," in line for pid in pids):
            address, _, port = line.split()[3].rpartition(":")
            found.add((address, int(port)))
    return found


@pytest.fixture
def neighbour() -> Iterator[None]:
    """Another host: a network namespace with a cable to this one."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root and iproute2 to make a network namespace")
    commands = (
        f"ip netns add {NAMESPACE}",
        f"ip link add ipcam0 type veth peer name ipcam1 netns {NAMESPACE}",
        f"ip addr add {HOST}/30 dev ipcam0",
        "ip link set ipcam0 up",
        f"ip -n {NAMESPACE} addr add {GUEST}/30 dev ipcam1",
        f"ip -n {NAMESPACE} link set ipcam1 up",
    )
    for command in commands:
        made = subprocess.run(command.split(), capture_output=True, text=True)
        if made.returncode:
            subprocess.run(["ip", "netns", "del", NAMESPACE], capture_output=True)
            pytest.skip(f"no network namespaces here: {command}: {made.stderr.strip()}")
    yield
    subprocess.run(["ip", "netns", "del", NAMESPACE], check=True)
    subprocess.run(["ip", "link", "del", "ipcam0"], capture_output=True)


def reachable_from_the_neighbour(port: int) -> bool:
    probe = f"import socket; socket.create_connection(('{HOST}', {port}), 1).close()"
    return (
        subprocess.run(["ip", "netns", "exec", NAMESPACE, "python3", "-c", probe], capture_output=True).returncode == 0
    )


@pytest.mark.timeout(90)
def test_only_the_public_ports_are_reachable(run: Callable[..., RunningServer], neighbour: None) -> None:
    server = run(bind="0.0.0.0")
    public = {server.https_port, server.http_port}
    assert {port for _, port in listeners(server)} == public
    assert all(reachable_from_the_neighbour(port) for port in public)
