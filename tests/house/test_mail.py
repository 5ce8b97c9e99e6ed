"""Every question and order has somebody who answers it, and every actor of the tree exists."""

from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "kind",
    [kind for kind in all_messages() if issubclass(kind, Ask | Tell) and kind.__name__ not in BY_THE_RUNTIME],
    ids=lambda kind: kind.__name__,
)
def test_what_is_asked_of_an_actor_has_a_handler_there(kind: type[Message]) -> None:
    receiver = kind.__module__.rpartition(".")[2]
    owners = OWNERS.get(receiver, (receiver,))
    assert any(kind in HANDLERS[owner] for owner in owners), f"nobody answers {kind.__name__}"


@pytest.mark.parametrize("owner", ["camera", "microphone", "encoder"])
def test_owners_of_rings_take_leases(owner: str) -> None:
    assert Lease in HANDLERS[owner]


@pytest.mark.parametrize(
    "kind", [kind for kind in all_messages() if issubclass(kind, News | State)], ids=lambda kind: kind.__name__
)
def test_what_is_published_interests_somebody(kind: type[Message]) -> None:
    assert any(kind.__name__ in actor.topics() for actor in KINDS.values()), f"nobody listens to {kind.__name__}"
