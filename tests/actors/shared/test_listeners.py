import socket
from pathlib import Path

import pytest

from actors.shared.listeners import listen, remembered
from models.errors import Conflict

BOTH = ("127.0.0.1", "::1")


def close(sockets: list[socket.socket]) -> None:
    for listener in sockets:
        listener.close()


def test_one_free_port_on_every_address() -> None:
    port, sockets = listen(BOTH, 0, 0, "--https-port")
    assert {listener.getsockname()[1] for listener in sockets} == {port}
    assert port > 0
    close(sockets)


def test_the_former_port_is_taken_again_if_it_is_free() -> None:
    former, sockets = listen(("127.0.0.1",), 0, 0, "--https-port")
    other, more = listen(("127.0.0.1",), 0, former, "--https-port")
    assert other != former
    close(sockets)
    close(more)
    again, sockets = listen(("127.0.0.1",), 0, former, "--https-port")
    assert again == former
    close(sockets)


def test_a_port_that_is_taken_is_said_and_nothing_stays_open() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port} is in use: .* --https-port"):
            listen(("::1", "127.0.0.1"), port, 0, "--https-port")
        with socket.socket(socket.AF_INET6) as free:
            free.bind(("::1", port))


def test_an_address_that_is_not_here_is_passed_over_unless_it_is_the_only_one() -> None:
    port, sockets = listen(("192.0.2.1", "127.0.0.1"), 0, 0, "--https-port")
    assert len(sockets) == 1
    close(sockets)
    with pytest.raises(Conflict, match="no address 192"):
        listen(("192.0.2.1",), port, 0, "--https-port")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"https": "x"}'])
def test_a_damaged_note_of_former_ports_is_no_harm(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ports.json"
    assert remembered(path) == {}
    path.write_text(text)
    assert remembered(path) == {}
