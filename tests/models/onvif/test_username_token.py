"""WS-UsernameToken: the right password, at the right time, once."""

import base64
import hashlib

import pytest

from models.onvif.limits import CLOCK_WINDOW_S
from models.onvif.times import date_time
from models.onvif.username_token import UsernameTokens
from models.onvif.xml import NAMESPACES, document, parse, tag
from models.security.digest import Login, Verdict

LOGIN = Login("viewer", "secret")
NOW = 1_795_809_600.0
KIND = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"


def token(
    nonce: bytes = b"0123456789abcdef",
    unix: float = NOW,
    user: str = "viewer",
    password: str = "secret",
    kind: str = KIND,
    created: str = "",
):  # type: ignore[no-untyped-def]
    created = created or date_time(unix)
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    shown = digest if kind == KIND else password
    inner = tag(
        "wsse:UsernameToken",
        tag("wsse:Username", user),
        tag("wsse:Password", shown, Type=kind),
        tag("wsse:Nonce", base64.b64encode(nonce).decode()),
        tag("wsu:Created", created),
    )
    return parse(document("wsse:Security", inner, NAMESPACES))


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        pytest.param(token(), Verdict.GRANTED, id="right"),
        pytest.param(token(unix=NOW - CLOCK_WINDOW_S + 1), Verdict.GRANTED, id="a clock that is a little slow"),
        pytest.param(token(created="2026-11-28T00:00:00+00:00"), Verdict.STALE, id="another day"),
        pytest.param(token(unix=NOW - CLOCK_WINDOW_S - 1), Verdict.STALE, id="too old"),
        pytest.param(token(unix=NOW + CLOCK_WINDOW_S + 1), Verdict.STALE, id="of the future"),
        pytest.param(token(created="yesterday"), Verdict.STALE, id="no time at all"),
        pytest.param(token(password="guess"), Verdict.WRONG, id="another password"),
        pytest.param(token(user="admin"), Verdict.WRONG, id="another user"),
        pytest.param(token(kind="#PasswordText"), Verdict.WRONG, id="a password in clear"),
        pytest.param(token(nonce=b""), Verdict.WRONG, id="no nonce"),
        pytest.param(token(nonce=b"x" * 1000), Verdict.WRONG, id="a nonce of 1000 bytes"),
        pytest.param(None, Verdict.ABSENT, id="nothing"),
        pytest.param(parse(b"<a/>"), Verdict.ABSENT, id="no token"),
    ],
)
def test_verdict(shown: object, verdict: Verdict) -> None:
    assert UsernameTokens().check(shown, LOGIN, NOW) is verdict  # type: ignore[arg-type]


def test_a_replay_is_stale_for_as_long_as_its_time_is_good() -> None:
    tokens = UsernameTokens()
    assert tokens.check(token(), LOGIN, NOW) is Verdict.GRANTED
    for later in (0.0, 1.0, CLOCK_WINDOW_S - 1, CLOCK_WINDOW_S + 1):
        assert tokens.check(token(), LOGIN, NOW + later) is Verdict.STALE


def test_memory_is_bounded_and_what_was_forgotten_is_not_taken_again() -> None:
    tokens = UsernameTokens(remembered=8)
    shown = [token(nonce=bytes([n]) * 16, unix=NOW + n) for n in range(20)]
    assert all(tokens.check(one, LOGIN, NOW) is Verdict.GRANTED for one in shown)
    assert not any(tokens.check(one, LOGIN, NOW) is Verdict.GRANTED for one in shown)
    assert len(tokens._seen) == len(tokens._by_time) == 8
