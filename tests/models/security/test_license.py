import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.security.license import License, issue, problem, public_key, read

ISSUER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = (ISSUER.public_key().public_bytes_raw(),)
LICENSE = License("Zoë", "device-1", 1_000, 0)
KEY = issue(LICENSE, ISSUER)


def test_what_was_issued_is_read() -> None:
    assert read(KEY, TRUSTED) == LICENSE
    assert read(f"  {KEY}\n", (b"\0" * 32, *TRUSTED)) == LICENSE


def test_nobody_else_may_issue() -> None:
    with pytest.raises(Invalid, match="not trusted"):
        read(issue(LICENSE, Ed25519PrivateKey.from_private_bytes(b"x" * 32)), TRUSTED)
    with pytest.raises(Invalid, match="not trusted"):
        read(KEY, ())


def test_every_changed_letter_is_noticed() -> None:
    dots = {KEY.index("."), KEY.rindex(".")}
    # The last letter of a part has spare bits: the same bytes may be spelled in more than one way.
    spare = {max(dots) - 1, len(KEY) - 1}
    for place in set(range(len(KEY))) - dots - spare:
        changed = KEY[:place] + ("A" if KEY[place] != "A" else "B") + KEY[place + 1 :]
        with pytest.raises(Invalid):
            read(changed, TRUSTED)


@given(st.text(max_size=300))
def test_any_text_is_refused_politely(text: str) -> None:
    for key in (text, f"IPC1.{text}", f"IPC1.{text}.{text}"):
        with pytest.raises(Invalid):
            read(key, TRUSTED)


@pytest.mark.parametrize("payload", [{}, [], 3, {"licensee": 1, "device": "", "issued": 0, "expires": 0}])
def test_a_signed_payload_of_another_kind_is_refused(payload: object) -> None:
    raw = json.dumps(payload).encode()
    signature = ISSUER.sign(b"ipcamera licence 1\0" + raw)
    key = ".".join(["IPC1", *(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (raw, signature))])
    with pytest.raises(Invalid, match="does not know"):
        read(key, TRUSTED)


@pytest.mark.parametrize(
    ("license", "now", "seen", "text"),
    [
        pytest.param(License("", "me", 0, 0), 5, 0, "", id="for this device, for ever"),
        pytest.param(License("", "", 0, 0), 5, 0, "", id="for any device"),
        pytest.param(License("", "you", 0, 0), 5, 0, "The licence is for another device", id="for another"),
        pytest.param(License("", "", 0, 10), 9, 9, "", id="not yet expired"),
        pytest.param(License("", "", 0, 10), 10, 9, "The licence has expired", id="expired"),
        pytest.param(License("", "", 0, 10), 3, 12, "The clock was set back", id="set back"),
        pytest.param(License("", "", 7, 10), 0, 0, "", id="a device without a clock"),
    ],
)
def test_what_holds(license: License, now: int, seen: int, text: str) -> None:
    assert problem(license, "me", now, seen) == text


@pytest.mark.parametrize("text", ["", "x", "é", base64.b64encode(b"x" * 31).decode()])
def test_an_issuer_is_32_bytes(text: str) -> None:
    with pytest.raises(Invalid):
        public_key(text)
    assert public_key(base64.b64encode(TRUSTED[0]).decode()) == TRUSTED[0]
