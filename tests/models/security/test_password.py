import pytest

from models.security.password import ALPHABET, ENTROPY_BYTES, Remembered, problem, readable


@pytest.mark.parametrize(
    ("password", "text"),
    [
        ("correct horse", ""),
        ("пароль-длинный", ""),
        ("short", "Password too short (min 8)"),
        ("x" * 257, "Password too long (max 256)"),
        ("with\nnewline", "Password contains control characters"),
        ("half \ud800 surrogate", "Password contains control characters"),
    ],
)
def test_policy(password: str, text: str) -> None:
    assert problem(password) == text


def test_a_made_password_holds_eighty_bits() -> None:
    assert len(set(ALPHABET)) == 32
    assert readable(bytes(ENTROPY_BYTES)) == "2222-2222-2222-2222"
    assert readable(b"\xff" * ENTROPY_BYTES) == "zzzz-zzzz-zzzz-zzzz"
    assert readable(bytes(9) + b"\x01") == "2222-2222-2222-2223"
    assert problem(readable(bytes(range(10)))) == ""


def test_the_last_verified_password_is_remembered() -> None:
    remembered = Remembered(b"k")
    assert not remembered.knows("", "")
    remembered.remember("hash", "secret")
    assert remembered.knows("hash", "secret")
    assert not remembered.knows("hash", "Secret")
    assert not remembered.knows("hash of another", "secret")
