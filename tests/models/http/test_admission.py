"""Who gets a place and whose handshake comes next, in numbers."""

from itertools import count

from models.http import limits
from models.http.admission import Admission

CLOCK = count(0.0, 1000.0)  # so slowly that no rate is reached


def admission(*known: str) -> Admission[str]:
    return Admission(lambda address: address in known)


def fill(door: Admission[str], address: str, number: int) -> list[str]:
    """``number`` connections of one address that have all begun; those that were refused."""
    refused: list[str] = []
    for one in range(number):
        refused += door.arrive(address, f"{address}#{one}")
        door.due(next(CLOCK))
    return refused


def test_one_address_has_so_many_places() -> None:
    door = admission("owner")
    assert len(fill(door, "guest", 100)) == 100 - limits.CONNECTIONS_STRANGERS_PER_ADDRESS
    assert fill(door, "owner", limits.CONNECTIONS_KNOWN_PER_ADDRESS) == []
    assert door.refused == {"guest": 100 - limits.CONNECTIONS_STRANGERS_PER_ADDRESS}


def test_strangers_together_take_nothing_from_those_who_are_known() -> None:
    door = admission("owner")
    for guest in range(50):
        fill(door, f"guest {guest}", 32)
    assert len(door) == limits.CONNECTIONS_STRANGERS
    assert door.arrive("owner", "a") == ()


def test_the_greediest_gives_up_its_oldest_for_a_newcomer() -> None:
    door = admission()
    for guest in range(4):
        fill(door, f"guest {guest}", 32)
    assert door.arrive("newcomer", "n") == ("guest 0#0",)
    assert door.arrive("guest 1", "one more") == ("one more",)


def test_when_all_hold_the_same_nobody_is_driven_out_by_his_equal() -> None:
    door = admission()
    for guest in range(limits.CONNECTIONS_STRANGERS):
        fill(door, f"guest {guest}", 1)
    assert door.arrive("newcomer", "n") == ("guest 0#0",)
    assert door.arrive("newcomer", "m") == ("m",)


def test_handshakes_of_one_address_come_at_its_rate() -> None:
    door = admission()
    for number in range(limits.HANDSHAKES_BURST + 10):
        assert door.arrive("guest", f"{number}") == ()
        for one in door.due(0.0):
            door.left("guest", one)
    assert door.waiting == 10
    assert door.due(0.0) == []
    assert len(door.due(5.5 / limits.HANDSHAKES_PER_S)) == 5


def test_strangers_share_their_rate_in_turn() -> None:
    door = admission("owner")
    for guest in range(4):  # the burst of all together is used up
        for number in range(30):
            door.arrive(f"guest {guest}", f"{guest} {number}")
            for one in door.due(0.0):
                door.left(f"guest {guest}", one)
    for guest in range(4):
        for number in range(10):
            door.arrive(f"guest {guest}", f"{guest} late {number}")
    door.arrive("newcomer", "n")
    door.arrive("owner", "o")
    assert door.due(0.0) == ["o"]
    assert "n" in door.due(5.5 / limits.HANDSHAKES_STRANGERS_PER_S)


def test_the_queue_of_one_address_is_bounded() -> None:
    door = admission()
    results = [door.arrive("guest", f"{number}") for number in range(limits.HANDSHAKES_WAITING_PER_ADDRESS + 3)]
    assert [result != () for result in results] == [False] * limits.HANDSHAKES_WAITING_PER_ADDRESS + [True] * 3


def test_who_leaves_gives_his_place_back() -> None:
    door = admission()
    fill(door, "guest", 32)
    door.arrive("other", "waiting")
    for number in range(32):
        door.left("guest", f"guest#{number}")
        door.left("guest", f"guest#{number}")
    door.left("other", "waiting")
    assert (len(door), door.waiting) == (0, 0)
    assert fill(door, "guest", 32) == []
