import pytest

from actors.rtsp.session_quota import SessionQuota
from models.errors import LimitReached
from models.messages.rtsp_session import ReportedSession, SessionsReport

HERE, THERE = "192.0.2.1", "192.0.2.2"


def report(actor: str, *sessions: tuple[str, str], fingerprint: str = "f") -> SessionsReport:
    return SessionsReport(actor, fingerprint, tuple(ReportedSession(key, address, None) for key, address in sessions))


def admit(quota: SessionQuota, session_id: str, address: str, now: float = 0.0, actor: str = "a") -> bool:
    try:
        quota.admit(actor, session_id, address, total=4, per_address=2, now=now)
    except LimitReached:
        return False
    return True


def test_places_are_counted_over_all_actors() -> None:
    quota = SessionQuota()
    quota.report(report("a", ("1", HERE)), 0)
    quota.report(report("b", ("2", HERE), ("3", THERE)), 0)
    assert not admit(quota, "4", HERE)
    assert admit(quota, "5", THERE)
    assert not admit(quota, "6", "192.0.2.3")


def test_a_promise_counts_before_it_is_reported_and_not_for_ever() -> None:
    quota = SessionQuota()
    assert admit(quota, "1", HERE)
    assert admit(quota, "2", HERE)
    assert admit(quota, "2", HERE), "asking twice for the same session takes one place"
    assert not admit(quota, "3", HERE)
    assert admit(quota, "3", HERE, now=60.0)


def test_a_reported_promise_is_not_counted_twice() -> None:
    quota = SessionQuota()
    assert admit(quota, "1", HERE)
    quota.report(report("a", ("1", HERE)), 0.1)
    assert admit(quota, "2", HERE, now=0.2)


@pytest.mark.parametrize("how", ["gone", "silent"])
def test_a_dead_actor_frees_its_places(how: str) -> None:
    quota = SessionQuota()
    quota.report(report("a", ("1", HERE), ("2", HERE)), 0)
    assert not admit(quota, "3", HERE, actor="b")
    if how == "gone":
        quota.gone("a")
    assert admit(quota, "3", HERE, now=10.0 if how == "silent" else 0.0, actor="b")


def test_what_an_actor_serves_is_what_it_said_last() -> None:
    quota = SessionQuota()
    quota.report(report("a", fingerprint=""), 0)
    assert quota.actors(1) == {"a": ""}
    quota.serves("a", "x")
    assert quota.actors(1) == {"a": "x"}
    assert quota.actors(10) == {}
