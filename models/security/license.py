"""Licence keys: a signed statement that a device is Pro, verified offline.

``IPC1.<payload>.<signature>``, both parts base64url without padding. The payload is a JSON object, the signature
Ed25519 (RFC 8032) over ``CONTEXT`` and the payload's bytes, so that nothing else an issuer signs passes as a licence.
"""

import base64
import binascii
import json
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.errors import Invalid

PREFIX = "IPC1"
CONTEXT = b"ipcamera licence 1\0"
KEY_MAX = 4096
TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class License:
    licensee: str
    device_id: str  # "": any device
    issued_ms: int
    expires_ms: int  # 0: never


def issue(license: License, issuer: Ed25519PrivateKey) -> str:
    """The licence key as the owner enters it."""
    payload = json.dumps(
        {
            "licensee": license.licensee,
            "device": license.device_id,
            "issued": license.issued_ms,
            "expires": license.expires_ms,
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()
    return f"{PREFIX}.{_encode(payload)}.{_encode(issuer.sign(CONTEXT + payload))}"


def read(key: str, issuers: tuple[bytes, ...]) -> License:
    """The licence in ``key`` if one of ``issuers`` (raw Ed25519 public keys, 32 bytes) has signed it.

    Raises:
        Invalid: it is not a licence key, it is damaged, or nobody we trust has signed it.
    """
    if len(key) > KEY_MAX:
        raise Invalid("Not a licence key")
    prefix, _, rest = key.strip().partition(".")
    payload, _, signature = rest.partition(".")
    if prefix != PREFIX or not payload or not signature:
        raise Invalid("Not a licence key")
    raw = _decode(payload)
    if not any(_signed(raw, _decode(signature), issuer) for issuer in issuers):
        raise Invalid("The licence key is damaged, or its issuer is not trusted on this device")
    return _parse(raw)


def problem(license: License, device_id: str, now_ms: int, seen_ms: int) -> str:
    """Why ``license`` is not valid on this device now; "" if it is.

    ``seen_ms``: the latest time this device has ever seen. A clock that was set back does not bring a licence back.
    """
    if license.device_id and license.device_id != device_id:
        return "The licence is for another device"
    if license.expires_ms and latest(license, now_ms, seen_ms) >= license.expires_ms:
        return "The licence has expired" if now_ms >= license.expires_ms else "The clock was set back"
    return ""


def latest(license: License, now_ms: int, seen_ms: int) -> int:
    """The effective time: not before the latest time seen and not before the licence was issued."""
    return max(now_ms, seen_ms, license.issued_ms)


def public_key(text: str) -> bytes:
    """A trusted issuer from the configuration, base64; raises ``Invalid``."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("An issuer is 32 bytes in base64") from None
    if len(raw) != 32:
        raise Invalid("An issuer is 32 bytes in base64")
    return raw


def _signed(payload: bytes, signature: bytes, issuer: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(issuer).verify(signature, CONTEXT + payload)
    except (InvalidSignature, ValueError):
        return False
    return True


def _parse(payload: bytes) -> License:
    try:
        match json.loads(payload):
            case {"licensee": str(licensee), "device": str(device), "issued": int(issued), "expires": int(expires)}:
                return License(licensee[:TEXT_MAX], device[:TEXT_MAX], issued, expires)
    except (ValueError, RecursionError):
        pass
    raise Invalid("The licence is of a kind that this version does not know")


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("Not a licence key") from None
