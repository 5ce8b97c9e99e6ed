import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.security.sessions import (
    LIFETIME_S,
    LIVE_MAX,
    LIVE_PER_KIND,
    LOGIN_ENDS_S,
    SAVE_EVERY_S,
    TOKEN_BYTES,
    TOKENS_MAX,
    AnonymousTokens,
    SessionTable,
    digest_of,
    same,
    session_of,
)

DAY = 86400.0


def token(number: int) -> str:
    return number.to_bytes(TOKEN_BYTES, "big").hex()


def test_a_session_is_found_by_its_token_only() -> None:
    table = SessionTable()
    session, _ = table.open(token(1), 0)
    assert table.find(token(1), 1) == session
    assert table.find(token(2), 1) is None
    assert table.find("", 1) is None
    assert table.find("é\udcff", 1) is None


def test_expiry_slides() -> None:
    table = SessionTable()
    table.open(token(1), 0)
    assert table.find(token(1), 6 * DAY)
    assert table.find(token(1), 12 * DAY)
    assert table.find(token(1), 12 * DAY + LIFETIME_S) is None


def test_a_clock_set_back_ends_no_session() -> None:
    table = SessionTable()
    table.open(token(1), 100 * DAY)
    assert table.find(token(1), 0)
    assert table.find(token(1), 106 * DAY)


def test_the_longest_unused_makes_room() -> None:
    table = SessionTable()
    for number in range(LIVE_MAX):
        table.open(token(number), number, agent=f"browser {number}")
    table.find(token(0), 100)
    _, ended = table.open(token(99), 101, agent="another")
    assert ended == (session_of(token(1)).session_id,)
    assert len(table) == LIVE_MAX
    assert table.find(token(0), 102)


def test_a_script_that_logs_in_each_minute_ends_its_own_sessions_only() -> None:
    table = SessionTable()
    table.open(token(0), 0, "192.0.2.7", "Firefox")
    for minute in range(1, 1000):
        table.open(token(minute), minute * 60, "192.0.2.7", "curl/8.5")
    assert table.find(token(0), 1000 * 60)
    assert len(table) == 1 + LIVE_PER_KIND


def test_many_scripts_end_those_of_the_kind_that_has_most() -> None:
    table = SessionTable()
    table.open(token(0), 0, "192.0.2.7", "Firefox")
    for number in range(1, 10 * LIVE_MAX):
        table.open(token(number), number, f"192.0.2.{number % 6}", "curl/8.5")
    assert table.find(token(0), 10 * LIVE_MAX)
    assert len(table) == LIVE_MAX


def test_a_login_ends_a_month_after_it_whatever_happens() -> None:
    table = SessionTable()
    table.open(token(1), 0)
    for day in range(30):
        assert table.find(token(1), day * DAY)
    assert table.find(token(1), LOGIN_ENDS_S) is None


def test_a_token_lives_until_its_end_and_makes_no_room() -> None:
    table = SessionTable()
    session = table.issue(token(1), 0, "media", "Home Assistant")
    table.issue(token(2), 0, "viewer", "guests", expires=DAY)
    assert session is not None
    assert (session.role, table.find(token(1), 1000 * DAY)) == ("media", session)
    assert table.find(token(2), DAY - 1)
    assert table.find(token(2), DAY) is None
    for number in range(3, 3 + TOKENS_MAX - 2):
        assert table.issue(token(number), 0, "media", "more")
    assert table.issue(token(99), 0, "media", "too many") is None
    table.open(token(100), 0)
    assert len(table) == TOKENS_MAX + 1


def test_what_was_opened_with_a_token_ends_with_it() -> None:
    table = SessionTable()
    parent = table.issue(token(1), 0, "viewer", "guests")
    assert parent is not None
    child, _ = table.open(token(2), 0, role="viewer", parent=parent.session_id)
    assert set(table.end(parent.session_id)) == {parent.session_id, child.session_id}
    assert table.find(token(2), 1) is None
    table.issue(token(3), 0, "viewer", "guests", expires=10)
    table.open(token(4), 0, role="viewer", parent=session_of(token(3)).session_id)
    assert len(table.expire(10)) == 2


def test_a_new_password_ends_all_that_could_change_something() -> None:
    table = SessionTable()
    table.open(token(1), 0)
    for number, role in enumerate(("owner", "viewer", "media"), 2):
        table.issue(token(number), 0, role, role)
    kept = table.without_owners()
    assert [kept.find(token(number), 1) is not None for number in (1, 2, 3, 4)] == [False, False, True, True]


def test_sessions_of_version_0_1_go_on() -> None:
    table = SessionTable()
    table.restore([[digest_of(token(1)), session_of(token(1)).session_id, 5.0]])
    assert table.find(token(1), 6) == session_of(token(1))


def test_no_token_is_stored() -> None:
    table = SessionTable()
    session, _ = table.open(token(0xABCDEF), 0)
    stored = json.dumps(table.as_list())
    assert session.token not in stored
    assert session.csrf_token not in stored


def test_a_restart_ends_nothing() -> None:
    before, after = SessionTable(), SessionTable()
    session, _ = before.open(token(1), 5)
    after.restore(json.loads(json.dumps(before.as_list())))
    assert after.find(token(1), 6) == session
    before.issue(token(2), 5, "media", "Home Assistant", expires=50.5)
    after.restore(json.loads(json.dumps(before.as_list())))
    assert after.rows() == before.rows()


@pytest.mark.parametrize("stored", [None, 3, {}, [3], [["a"]], [["a", "b", "c"]], [[1, 2, 3]]])
def test_another_shape_is_no_session(stored: object) -> None:
    table = SessionTable()
    table.restore(stored)
    assert len(table) == 0


def test_a_slid_expiry_is_written_hourly() -> None:
    table = SessionTable()
    table.open(token(1), 0)
    table.find(token(1), SAVE_EVERY_S - 1)
    assert not table.stale()
    table.find(token(1), SAVE_EVERY_S)
    assert table.stale()
    table.saved()
    assert not table.stale()


def test_close_and_expire_name_the_session() -> None:
    table = SessionTable()
    first, _ = table.open(token(1), 0)
    second, _ = table.open(token(2), 0)
    assert table.close(token(1)) == (first.session_id,)
    assert table.close(token(1)) == ()
    assert table.expire(LIFETIME_S) == (second.session_id,)


def test_anonymous_tokens_need_no_memory() -> None:
    tokens = AnonymousTokens(b"k" * 32)
    session = tokens.issue(b"r" * 12, 1000)
    assert len(session.token) == 2 * TOKEN_BYTES
    assert tokens.find(session.token, 1000 + LIFETIME_S - 1) == session
    assert tokens.find(session.token, 1000 + LIFETIME_S) is None
    assert AnonymousTokens(b"x" * 32).find(session.token, 1001) is None


@given(st.text(max_size=80))
def test_nothing_else_is_an_anonymous_token(text: str) -> None:
    assert AnonymousTokens(b"k" * 32).find(text, 0) is None


def test_a_changed_digit_is_noticed() -> None:
    tokens = AnonymousTokens(b"k" * 32)
    good = tokens.issue(b"r" * 12, 1000).token
    for place in range(len(good)):
        bad = good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1 :]
        assert tokens.find(bad, 1001) is None


@pytest.mark.parametrize(
    ("given_", "wanted", "equal"), [("a", "a", True), ("a", "b", False), ("", "", False), ("é\udcff", "a", False)]
)
def test_same(given_: str, wanted: str, equal: bool) -> None:
    assert same(given_, wanted) is equal
