"""What an actor may rely on, on the real system."""

import os
import signal
from collections.abc import Callable

import pytest

from actors.runtime.child_spec import ChildSpec
from models.errors import Refused, Restarted, ServerError, SwitchedOff, TimedOut
from models.messages.supervisor import RestartActor
from tests.actors.runtime.conftest import TOYS, Running
from tests.actors.runtime.toys import Change, Echo, Heard, Identify, Never, Pass, Publish, Refuse, Through


def test_an_ask_is_answered_by_the_named_actor(toys: Running) -> None:
    assert toys.control.ask("one", Echo("hello")) == "one: hello"
    assert toys.control.ask("one", Through("two", "hello")) == "two: hello"


def test_a_refusal_comes_back_as_the_same_error_with_its_fields(toys: Running) -> None:
    with pytest.raises(Refused, match="not today") as caught:
        toys.control.ask("one", Refuse())
    assert caught.value.fields == {"until": "tomorrow"}


def test_an_ask_without_an_answer_ends(toys: Running) -> None:
    with pytest.raises(TimedOut):
        toys.control.ask("one", Never(), 0.3)


def test_an_ask_to_nobody_ends(toys: Running) -> None:
    with pytest.raises(TimedOut, match="nobody is not running"):
        toys.control.ask("nobody", Echo("?"), 0.3)


def test_news_reach_every_handler_in_order(toys: Running) -> None:
    toys.control.ask("one", Publish(1, 100))
    expected = tuple(range(1, 101))
    for name in ("two", "three"):
        toys.wait_for(lambda name=name: toys.control.ask(name, Heard()) == expected)


@pytest.mark.parametrize("what", ["raise", "segfault", "exit"])
def test_a_crash_restarts_only_the_one(toys: Running, what: str) -> None:
    before = toys.rows()
    toys.control.ask("one", Pass("two", what))
    toys.wait_for(lambda: toys.rows()["two"].restarts == 1 and toys.rows()["two"].state == "up")
    after = toys.rows()
    assert after["two"].pid != before["two"].pid
    assert after["two"].last_reason
    assert {name: row.pid for name, row in after.items() if name != "two"} == {
        name: row.pid for name, row in before.items() if name != "two"
    }
    assert toys.control.ask("one", Through("two", "again")) == "two: again"


@pytest.mark.parametrize("what", ["loop", "worker"])
def test_a_hung_actor_is_killed_and_restarted(toys: Running, what: str) -> None:
    toys.control.ask("one", Pass("two", what))
    toys.wait_for(lambda: toys.rows()["two"].restarts == 1 and toys.rows()["two"].state == "up")
    assert "hung" in toys.rows()["two"].last_reason


def test_a_stopped_actor_is_killed_and_does_not_delay_the_others(toys: Running) -> None:
    os.kill(toys.rows()["two"].pid, signal.SIGSTOP)
    toys.control.ask("one", Publish(1, 50))
    toys.wait_for(lambda: toys.control.ask("three", Heard()) == tuple(range(1, 51)), 10)
    toys.wait_for(lambda: toys.rows()["two"].restarts == 1 and toys.rows()["two"].state == "up")


def test_an_ask_in_flight_ends_when_the_actor_dies(toys: Running) -> None:
    pid = toys.control.ask("two", Identify())
    import threading

    threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(ServerError) as caught:
        toys.control.ask("two", Never(), 5)
    assert isinstance(caught.value, Restarted)


def test_an_ask_waits_for_an_actor_that_is_just_restarting(toys: Running) -> None:
    os.kill(toys.rows()["two"].pid, signal.SIGKILL)
    assert toys.control.ask("two", Echo("there?")) == "two: there?"


def test_two_deaths_at_once_are_both_seen(toys: Running) -> None:
    rows = toys.rows()
    for _ in range(5):
        rows = toys.rows()
        for name in ("one", "two", "three"):
            os.kill(rows[name].pid, signal.SIGKILL)
        toys.wait_for(
            lambda rows=rows: all(
                row.state == "up" and row.pid != rows[name].pid
                for name, row in toys.rows().items()
                if name != "settings"
            )
        )
    assert toys.rows()["settings"].restarts == 0


def test_a_glutton_is_killed_and_restarted(start: Callable[..., Running]) -> None:
    running = start(ChildSpec("one", f"{TOYS}:Toy", 1), ChildSpec("two", f"{TOYS}:Lean", 1))
    before = running.rows()
    running.control.ask("one", Pass("two", "eat"))
    running.wait_for(lambda: running.rows()["two"].restarts == 1 and running.rows()["two"].state == "up")
    after = running.rows()
    assert "MB of memory, more than the allowed 150 MB" in after["two"].last_reason
    assert after["one"].pid == before["one"].pid


@pytest.mark.parametrize("kind", ["Optional", "Stubborn"])
def test_an_actor_that_no_setting_needs_has_no_process(start: Callable[..., Running], kind: str) -> None:
    running = start(ChildSpec("one", f"{TOYS}:Toy", 1), ChildSpec("two", f"{TOYS}:{kind}", 1))
    assert (running.rows()["two"].state, running.rows()["two"].pid) == ("off", 0)
    with pytest.raises(SwitchedOff, match="two is switched off"):
        running.control.ask("one", Through("two", "there?"))
    with pytest.raises(SwitchedOff):
        running.control.ask("supervisor", RestartActor("two"))

    running.control.ask("settings", Change({"optional": True}))
    running.wait_for(lambda: running.rows()["two"].state == "up")
    assert running.control.ask("one", Through("two", "hello")) == "two: hello"
    former = running.rows()["two"].pid

    running.control.ask("settings", Change({}))
    running.wait_for(lambda: running.rows()["two"].state == "off")
    assert not os.path.exists(f"/proc/{former}")
    with pytest.raises(SwitchedOff):
        running.control.ask("one", Through("two", "there?"))
    assert (running.rows()["two"].restarts, running.rows()["two"].last_reason) == (0, "")


def test_one_that_is_wanted_again_while_it_stops_comes_back(start: Callable[..., Running]) -> None:
    running = start(ChildSpec("two", f"{TOYS}:Stubborn", 1))
    running.control.ask("settings", Change({"optional": True}))
    former = running.wait_for(lambda: running.rows()["two"].state == "up" and running.rows()["two"].pid)
    running.control.ask("settings", Change({}))
    running.control.ask("settings", Change({"optional": True}))
    running.wait_for(lambda: running.rows()["two"].state == "up" and running.rows()["two"].pid != former)
    assert running.rows()["two"].restarts == 0


def test_one_that_failed_too_often_is_off_when_nobody_needs_it(start: Callable[..., Running]) -> None:
    running = start(ChildSpec("two", f"{TOYS}:Optional", 1))
    running.control.ask("settings", Change({"optional": True}))
    for _ in range(6):
        pid = running.wait_for(lambda: running.rows()["two"].state == "up" and running.rows()["two"].pid)
        os.kill(pid, signal.SIGKILL)
        running.wait_for(lambda pid=pid: running.rows()["two"].pid != pid)
    running.wait_for(lambda: running.rows()["two"].state == "degraded")
    running.control.ask("settings", Change({}))
    running.wait_for(lambda: running.rows()["two"].state == "off")
    running.control.ask("settings", Change({"optional": True}))
    running.wait_for(lambda: running.rows()["two"].state == "up")
