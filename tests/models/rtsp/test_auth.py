import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rtsp.auth import (
    NONCE_VALID_S,
    REALM,
    Login,
    Nonces,
    Verdict,
    challenges,
)
from models.rtsp.auth import check as judge

LOGIN = Login("admin", "sécret:with colon")
KEY = b"k" * 32
NONCE = Nonces(KEY).make(1000)
NOW = 1010
URI = "rtsp://h/stream"


def check(
    header: str, method: str = "DESCRIBE", url: str = URI, now: int = NOW, nonces: Nonces | None = None
) -> Verdict:
    return judge(header, (method, url), LOGIN, nonces or Nonces(KEY), now)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def digest(
    user: str = LOGIN.username,
    password: str = LOGIN.password,
    nonce: str = NONCE,
    algorithm: str = "",
    qop: bool = False,
    uri: str = URI,
    count: int = 1,
) -> str:
    def h(text: str) -> str:
        return (hashlib.sha256 if algorithm == "SHA-256" else hashlib.md5)(text.encode()).hexdigest()

    middle = f"{nonce}:{count:08x}:c:auth" if qop else nonce
    answer = h(f"{h(f'{user}:{REALM}:{password}')}:{middle}:{h(f'DESCRIBE:{uri}')}")
    extra = f", algorithm={algorithm}" if algorithm else ""
    extra += f', qop=auth, nc={count:08x}, cnonce="c"' if qop else ""
    return f'Digest username="{user}", realm="{REALM}", nonce="{nonce}", uri="{uri}", response="{answer}"{extra}'


@pytest.mark.parametrize(
    ("header", "verdict"),
    [
        pytest.param("", Verdict.ABSENT, id="nothing shown"),
        pytest.param(basic("admin:sécret:with colon"), Verdict.GRANTED, id="Basic"),
        pytest.param(basic("admin:wrong"), Verdict.WRONG, id="Basic, wrong password"),
        pytest.param(basic("other:sécret:with colon"), Verdict.WRONG, id="Basic, wrong name"),
        pytest.param("Basic %%%", Verdict.WRONG, id="Basic, no base64"),
        pytest.param(digest(), Verdict.GRANTED, id="Digest without algorithm or qop (RFC 2069)"),
        pytest.param(digest(algorithm="MD5"), Verdict.GRANTED, id="Digest MD5"),
        pytest.param(digest(algorithm="MD5", qop=True), Verdict.GRANTED, id="Digest MD5 with qop"),
        pytest.param(digest(algorithm="SHA-256", qop=True), Verdict.GRANTED, id="Digest SHA-256"),
        pytest.param(digest(algorithm="SHA-512-256"), Verdict.WRONG, id="an algorithm that was not offered"),
        pytest.param(digest(password="wrong"), Verdict.WRONG, id="Digest, wrong password"),
        pytest.param(digest(user="other"), Verdict.WRONG, id="Digest, wrong name"),
        pytest.param(digest(nonce="0-made-up"), Verdict.STALE, id="a nonce of another server"),
        pytest.param(digest(nonce=Nonces(b"x").make(1000)), Verdict.STALE, id="another connection's nonce"),
        pytest.param(digest(nonce=Nonces(KEY).make(NOW - NONCE_VALID_S - 1)), Verdict.STALE, id="old"),
        pytest.param(digest(uri="/stream"), Verdict.GRANTED, id="a URI without scheme and host"),
        pytest.param(digest(uri="rtsp://h/other"), Verdict.WRONG, id="for another path"),
        pytest.param(digest(uri="rtsp://h/stream?audio=0"), Verdict.WRONG, id="for another query"),
        pytest.param(digest(uri="rtsp://h/stream/trackID=1"), Verdict.WRONG, id="for a track"),
        pytest.param("Digest " + "a" * 16_000, Verdict.WRONG, id="too long"),
        pytest.param("Digest username=admin", Verdict.WRONG, id="parts missing"),
        pytest.param("Bearer x", Verdict.WRONG, id="another scheme"),
    ],
)
def test_check(header: str, verdict: Verdict) -> None:
    assert check(header) is verdict


def test_an_answer_for_one_method_does_not_serve_another() -> None:
    assert check(digest(), "SETUP") is Verdict.WRONG


def test_vlc_leaves_out_the_track() -> None:
    assert check(digest(), url=f"{URI}/trackID=0") is Verdict.GRANTED


def test_the_example_of_rfc_7616_3_9_1() -> None:
    """Not our realm, so recomputed by its own rule: the hash chain is the RFC's."""
    a1 = hashlib.sha256(b"Mufasa:http-auth@example.org:Circle of Life").hexdigest()
    a2 = hashlib.sha256(b"GET:/dir/index.html").hexdigest()
    middle = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v:00000001:f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ:auth"
    answer = hashlib.sha256(f"{a1}:{middle}:{a2}".encode()).hexdigest()
    assert answer == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"


def test_a_connection_keeps_the_nonce_it_got_in_with() -> None:
    nonces = Nonces(KEY)
    mine, other = nonces.make(1000), nonces.make(1000)
    assert mine != other
    assert check(digest(nonce=mine), nonces=nonces) is Verdict.GRANTED
    assert check(digest(nonce=mine), nonces=nonces, now=100_000) is Verdict.GRANTED
    assert check(digest(nonce=other), nonces=nonces, now=100_000) is Verdict.STALE


def test_who_counts_says_nothing_twice() -> None:
    nonces = Nonces(KEY)
    first, second = nonces.make(1000), nonces.make(1000)

    def shown(nonce: str, count: int) -> Verdict:
        return check(digest(nonce=nonce, algorithm="SHA-256", qop=True, count=count), nonces=nonces)

    assert [shown(first, count) for count in (1, 1, 2, 7, 5)] == [
        Verdict.GRANTED, Verdict.STALE, Verdict.GRANTED, Verdict.GRANTED, Verdict.STALE,
    ]  # fmt: skip
    assert shown(second, 1) is Verdict.GRANTED
    assert shown(first, 8) is Verdict.STALE, "a newer one is in use"


def test_no_login_is_asked_for_without_both_parts() -> None:
    assert not Login("", "x").asked_for
    assert not Login("x", "").asked_for
    assert LOGIN.asked_for


def test_md5_is_the_last_digest_challenge() -> None:
    values = [value for _, value in challenges("n", stale=True)]
    assert [value.partition(" ")[0] for value in values] == ["Digest", "Digest", "Basic"]
    assert "SHA-256" in values[0]
    assert "MD5" in values[1]
    assert "stale=true" in values[1]


@given(st.text(max_size=200), st.text(max_size=60))
def test_nothing_from_outside_raises(header: str, nonce: str) -> None:
    assert check(header) is not Verdict.GRANTED
    check("Digest " + header)
    check("Basic " + header)
    assert not Nonces(KEY).take(nonce, nonce, 1000)
