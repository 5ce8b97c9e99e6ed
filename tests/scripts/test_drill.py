"""How drills are judged, counted and paced, and how the command asks; ``tests/chaos/test_drill.py`` does them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from actors.runtime import limits
from actors.runtime.restart_intensity import RestartIntensity
from models.messages.auth import IssueToken
from models.messages.supervisor import ActorRow, ActorTable, GetActors
from scripts.ipcamera.drills import verdict
from scripts.ipcamera.drills.verdict import Promise, Seen
from scripts.ipcamera.main import app, mount_rooms
from tests.scripts.running import running

PROMISE = Promise("camera killed", "back", notice_s=1, recover_s=5, gap_s=1)
KEPT = Seen(notice_s=0.1, recover_s=0.2, gap_s=0.9)


def test_what_is_kept_passes() -> None:
    assert verdict.judge(PROMISE, KEPT, 1) == verdict.Verdict("PASS", "")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"notice_s": 1.1}, "noticed after 1.1 s, promised 1.0 s"),
        ({"recover_s": None}, "back: never"),
        ({"gap_s": 1.5}, "viewer's gap after 1.5 s, promised 1.0 s"),
        ({"connections_lost": 1}, "1 connections lost, 0 allowed"),
        ({"events_sent": 9, "events_lost": 1}, "of 9 events 1 lost, 0 duplicated"),
        ({"events_sent": 9, "events_doubled": 2}, "of 9 events 0 lost, 2 duplicated"),
        ({"faults": ["restarted with it: auth"]}, "restarted with it: auth"),
    ],
)
def test_what_is_not_kept_fails(change: dict[str, object], why: str) -> None:
    assert verdict.judge(PROMISE, replace(KEPT, **change), 1) == verdict.Verdict("FAIL", why)  # type: ignore[arg-type]


def test_a_factor_stretches_time_and_nothing_else() -> None:
    late = replace(KEPT, notice_s=2.5, recover_s=14.0, gap_s=2.9)
    assert verdict.judge(PROMISE, late, 1).mark == "FAIL"
    assert verdict.judge(PROMISE, late, 3).mark == "PASS"
    assert verdict.judge(PROMISE, replace(KEPT, connections_lost=1, events_lost=1), 100).mark == "FAIL"


def test_without_a_viewer_gaps_are_not_judged() -> None:
    unseen = replace(KEPT, gap_s=None)
    assert verdict.judge(PROMISE, unseen, 1, watched=False).mark == "PASS"
    assert verdict.judge(PROMISE, unseen, 1).why == "viewer's gap: never"


def test_what_was_not_done_is_neither() -> None:
    assert verdict.judge(PROMISE, Seen(skipped="no broker"), 1) == verdict.Verdict("SKIP", "no broker")


def test_only_who_holds_connections_may_lose_them() -> None:
    for promise in (verdict.killed, verdict.stopped):
        assert {name: promise(name).connections for name in ("facade", "rtsp_session_0", "camera", "rtsp")} == {
            "facade": 2,
            "rtsp_session_0": 1,
            "camera": 0,
            "rtsp": 0,
        }
        assert promise("settings").gap_s == verdict.GAP_S


# ---------------------------------------------------------------- counting
def test_events_lost_and_doubled() -> None:
    answered = {0: 10, 1: 11, 2: 12}
    assert verdict.count_events(answered, [(0, 10), (1, 11), (2, 12)]) == Seen(events_sent=3)
    assert verdict.count_events(answered, [(0, 10), (2, 12), (2, 13)]).events_doubled == 1
    assert verdict.count_events(answered, [(0, 10), (2, 12)]).events_lost == 1
    assert verdict.count_events(answered, [(0, 10), (1, 99), (2, 12)]).events_lost == 1, "another id than was answered"


def test_events_that_made_room_are_not_lost() -> None:
    answered = {0: 10, 1: 11, 2: 12, 3: 13}
    seen = verdict.count_events(answered, [(2, 12)], oldest_kept=12)
    assert (seen.events_deleted, seen.events_lost) == (2, 1), "13 is newer than what was kept"


def test_deliveries() -> None:
    seen = verdict.count_delivered({1, 2, 3}, [1, 3, 3, 77])
    assert (seen.events_sent, seen.events_lost, seen.events_doubled) == (3, 1, 1)


# ---------------------------------------------------------------- pacing
@given(
    st.integers(1, 8),
    st.lists(st.floats(0, 20), min_size=1, max_size=40),
)
def test_no_blow_spends_a_budget(max_restarts: int, pauses: list[float]) -> None:
    restarts, blows, now = RestartIntensity(max_restarts), [], 100.0
    for pause in pauses:
        now += pause
        now += verdict.wait_before_blow(blows, now, max_restarts) + 0.001
        blows.append(now)
        assert restarts.after_exit(now) is not None
        left = max_restarts - len(restarts.recent)
        assert left >= min(verdict.SPARE_RESTARTS, max_restarts - 1)


def test_a_first_blow_does_not_wait() -> None:
    assert verdict.wait_before_blow([], 5.0, 5) == 0.0
    assert verdict.wait_before_blow([1.0], 5.0, 1) == pytest.approx(limits.RESTART_WINDOW_S - 4.0)


# ---------------------------------------------------------------- the command
def test_nothing_runs(tmp_path: Path) -> None:
    mount_rooms()
    result = CliRunner().invoke(app, ["drill", "--data-dir", str(tmp_path)])
    assert result.exit_code == 3
    assert "no camera server is using" in result.stderr


def test_the_running_one_is_not_touched_without_a_yes(tmp_path: Path) -> None:
    mount_rooms()
    row = ActorRow("camera", "up", 1, 1.0, 0, "", 0.0, 1, 0)
    with running(tmp_path, {GetActors: ActorTable((row,))}) as asked:
        result = CliRunner().invoke(app, ["drill", "--data-dir", str(tmp_path)], input="n\n")
    assert result.exit_code == 1
    assert "Continue?" in result.stderr
    assert not [one for one in asked if isinstance(one, IssueToken | GetActors)]
