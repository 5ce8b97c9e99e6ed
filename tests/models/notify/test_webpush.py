"""Sealed as RFC 8291's own example is, and signed so that RFC 8292's receiver is content."""

from cryptography.hazmat.primitives.asymmetric import ec

from models.notify import limits, webpush
from models.notify.channel import encoded
from tests.receivers import Browser, plain, vapid_claims

# RFC 8291 §5 and appendix A
TEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def sender() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(plain(SENDER), "big"), ec.SECP256R1())


def test_the_example_of_the_rfc_byte_for_byte() -> None:
    browser = Browser(plain(RECEIVER), plain(AUTH))
    sealed = webpush.encrypt(TEXT, browser.public, browser.auth, sender(), plain(SALT))
    assert encoded(sealed) == SEALED
    assert browser.opened(sealed) == TEXT


def test_a_full_message_is_as_large_as_every_service_takes() -> None:
    browser = Browser()
    text = b"x" * webpush.PLAINTEXT_MAX
    sealed = webpush.encrypt(text, browser.public, browser.auth, sender(), plain(SALT))
    assert len(sealed) == limits.PUSH_BYTES == 4096
    assert browser.opened(sealed) == text


def test_the_push_service_knows_who_sends() -> None:
    header = webpush.vapid(sender(), "https://push.example", 1_700_000_000)
    claims = vapid_claims(header, encoded(webpush.public_bytes(sender())))
    assert claims == {"aud": "https://push.example", "exp": 1_700_000_000, "sub": limits.VAPID_CONTACT}
