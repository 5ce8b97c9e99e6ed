"""Every question and order has somebody who answers it, and every actor of the tree exists."""

import ast
import inspect
import textwrap
from pathlib import Path

from actors.runtime.actor import Actor
from actors.runtime.child_spec import load_class
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


def own_names(kind: type[Actor]) -> set[str]:
    """Attributes that the methods of this class set on themselves, and its private methods."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    stored = {
        node.attr
        for node in ast.walk(body)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    methods = {node.name for node in ast.walk(body) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in stored | methods if name.startswith("_") and not name.startswith("__")}


def test_no_actor_takes_a_private_name_of_the_runtime() -> None:
    """One that set ``_generation`` was up and never heard: its heartbeats were taken for those of a former life."""
    taken = own_names(Actor)
    assert {name: clash for name, kind in KINDS.items() if (clash := taken & own_names(kind))} == {}
