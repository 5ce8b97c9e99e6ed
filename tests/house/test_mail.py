"""Every question and order has somebody who answers it, and every actor of the tree exists."""

from pathlib import Path

from actors.runtime.actor import Actor
from actors.runtime.spec import load_class
from actors.runtime.supervisor import Supervisor
from actors.tree import tree
from config.boot import Boot
from models.messages import Ask, Message, News, State, Tell
from models.messages.media import Lease
from tests.models.messages.test_messages import all_messages

CHILDREN = tree(Boot(Path(), Path(), Path()))
OWNERS = {
    "detector": ("motion",),  # one mailbox for four actors
    "rtsp_session": ("rtsp", "rtsp_session_0"),  # what the manager and its session actors say to each other
}
BY_THE_RUNTIME = {"Shutdown", "Lease"}  # over the control socket; by the owners of rings


KINDS: dict[str, type[Actor]] = {child.name: load_class(child.class_path) for child in CHILDREN}
KINDS["supervisor"] = Supervisor
HANDLERS: dict[str, set[type[Message]]] = {name: set(kind.handlers) for name, kind in KINDS.items()}


def messages(*kinds: type[Message]) -> list[type[Message]]:
    return [kind for kind in all_messages() if issubclass(kind, kinds) and kind.__name__ not in BY_THE_RUNTIME]


def is_handled(kind: type[Message]) -> bool:
    receiver = kind.__module__.rpartition(".")[2]
    return any(kind in HANDLERS[owner] for owner in OWNERS.get(receiver, (receiver,)))


def test_what_is_asked_of_an_actor_has_a_handler_there() -> None:
    assert [kind.__name__ for kind in messages(Ask, Tell) if not is_handled(kind)] == []


def test_owners_of_rings_take_leases() -> None:
    assert [owner for owner in ("camera", "microphone", "encoder") if Lease not in HANDLERS[owner]] == []


def test_what_is_published_interests_somebody() -> None:
    heard = {topic for actor in KINDS.values() for topic in actor.topics()}
    assert [kind.__name__ for kind in messages(News, State) if kind.__name__ not in heard] == []
