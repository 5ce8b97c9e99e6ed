import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.security.sessions import (
    LIFETIME_S,
    LIVE_MAX,
    SAVE_EVERY_S,
    TOKEN_BYTES,
    AnonymousTokens,
    SessionTable,
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
        table.open(token(number), number)
    table.find(token(0), 100)
    _, ended = table.open(token(99), 101)
    assert ended == (session_of(token(1)).session_id,)
    assert len(table) == LIVE_MAX
    assert table.find(token(0), 102)


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
    assert table.close(token(1)) == first.session_id
    assert table.close(token(1)) == ""
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
