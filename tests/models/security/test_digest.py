"""HTTP Digest as a server that shares its nonces among connections."""

import pytest

from models.security.digest import COUNTS_BEHIND, NONCE_VALID_S, NONCES_MAX, Login, SharedNonces, Verdict, check
from models.security.http_auth import Authorization, challenges

LOGIN = Login("viewer", "se:cret ü")
TARGET = ("POST", "/onvif/device_service?a=1")


def header(nonce: str, algorithm: str = "MD5", user: str = "viewer", password: str = "se:cret ü") -> Authorization:
    text = f'Digest realm="IP Camera", nonce="{nonce}", algorithm={algorithm}, qop="auth"'
    return Authorization(challenges([text])[0], user, password, "0a4f113b")


def counts(nonces: SharedNonces, nonce: str, wanted: list[int]) -> list[bool]:
    return [nonces.take(nonce, f"{count:08x}", 10) for count in wanted]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_who_knows_the_password_is_let_in_once_for_each_count(algorithm: str) -> None:
    nonces = SharedNonces(b"key")
    client = header(nonces.make(5), algorithm)
    first, second = (client.header(*TARGET) for _ in range(2))
    assert check(first, TARGET, LOGIN, nonces, 6) is Verdict.GRANTED
    assert check(second, TARGET, LOGIN, nonces, 6) is Verdict.GRANTED
    assert check(first, TARGET, LOGIN, nonces, 6) is Verdict.STALE, "a replay"


@pytest.mark.parametrize(
    ("user", "password", "target", "verdict"),
    [
        pytest.param("viewer", "wrong", TARGET, Verdict.WRONG, id="password"),
        pytest.param("nobody", "se:cret ü", TARGET, Verdict.WRONG, id="user"),
        pytest.param("viewer", "se:cret ü", ("GET", TARGET[1]), Verdict.WRONG, id="method"),
        pytest.param("viewer", "se:cret ü", ("POST", "/onvif/other"), Verdict.WRONG, id="target"),
    ],
)
def test_who_does_not_is_not(user: str, password: str, target: tuple[str, str], verdict: Verdict) -> None:
    nonces = SharedNonces(b"key")
    shown = header(nonces.make(5), user=user, password=password).header(*target)
    assert check(shown, TARGET, LOGIN, nonces, 6) is verdict


def test_basic_is_not_taken() -> None:
    assert check("Basic dmlld2VyOnNl", TARGET, LOGIN, SharedNonces(b"key"), 6) is Verdict.WRONG


@pytest.mark.parametrize("name", ["username", "nonce", "uri", "response"])
def test_bytes_that_are_no_text_are_wrong(name: str) -> None:
    given = {"username": "viewer", "nonce": "n", "uri": TARGET[1], "response": "0" * 32, name: "\udcff"}
    shown = "Digest " + ", ".join(f'{key}="{value}"' for key, value in given.items())
    assert check(shown, TARGET, LOGIN, SharedNonces(b"key"), 6) is Verdict.WRONG


def test_a_nonce_of_somebody_else_or_of_long_ago_is_stale() -> None:
    nonces = SharedNonces(b"key")
    assert check(header(SharedNonces(b"other").make(5)).header(*TARGET), TARGET, LOGIN, nonces, 6) is Verdict.STALE
    old = header(nonces.make(5)).header(*TARGET)
    assert check(old, TARGET, LOGIN, nonces, 6 + NONCE_VALID_S) is Verdict.STALE


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        pytest.param([1, 2, 3], [True, True, True], id="in order"),
        pytest.param([3, 1, 2, 2, 1, 3], [True, True, True, False, False, False], id="late, and again"),
        pytest.param([1, 2 + COUNTS_BEHIND, 1, 2], [True, True, False, True], id="a leap"),
        pytest.param([0xFFFFFFFF, 1, 0xFFFFFFFF], [True, False, False], id="the highest"),
        pytest.param([0], [False], id="none begins with 0"),
    ],
)
def test_each_count_is_taken_once(wanted: list[int], taken: list[bool]) -> None:
    nonces = SharedNonces(b"key")
    assert counts(nonces, nonces.make(5), wanted) == taken


@pytest.mark.parametrize("count", [None, "", "1", "0000000g", "000000001"])
def test_without_a_count_nothing_is_taken(count: str | None) -> None:
    nonces = SharedNonces(b"key")
    assert not nonces.take(nonces.make(5), count, 6)


def test_what_is_remembered_is_bounded_and_nothing_forgotten_is_taken_again() -> None:
    nonces = SharedNonces(b"key")
    made = [nonces.make(5) for _ in range(NONCES_MAX + 10)]
    assert all(counts(nonces, nonce, [1])[0] for nonce in made)
    assert not any(counts(nonces, nonce, [1])[0] for nonce in made)
    assert len(nonces._used) == NONCES_MAX
