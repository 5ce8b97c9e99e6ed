"""Web Push: what is sent is sealed for one browser (RFC 8291, aes128gcm of RFC 8188) and signed by us (RFC 8292)."""

import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.notify import limits
from models.notify.channel import PUBLIC_KEY_BYTES, encoded

CURVE = ec.SECP256R1()
SALT_BYTES = 16
_LAST_RECORD = b"\x02"  # RFC 8188 §2
_OVERHEAD = SALT_BYTES + 4 + 1 + PUBLIC_KEY_BYTES + len(_LAST_RECORD) + 16  # header, delimiter, tag
PLAINTEXT_MAX = limits.PUSH_BYTES - _OVERHEAD


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as an uncompressed point."""
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def encrypt(plaintext: bytes, receiver: bytes, auth: bytes, sender: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """One record, as the body of a push message (RFC 8291 §3.4 and §4).

    Args:
        receiver: the browser's public key, an uncompressed point of P-256; ``auth``: its authentication secret.
        sender: a key, and ``salt`` 16 random bytes, for this message alone.

    Raises:
        ValueError: ``receiver`` is no point of the curve, or there is more than ``PLAINTEXT_MAX`` bytes.
    """
    if len(plaintext) > PLAINTEXT_MAX:
        raise ValueError("too much for a push message")
    shared = sender.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver))
    public = public_bytes(sender)
    ikm = _hkdf(auth, b"WebPush: info\0" + receiver + public, 32, shared)
    key = _hkdf(salt, b"Content-Encoding: aes128gcm\0", 16, ikm)
    nonce = _hkdf(salt, b"Content-Encoding: nonce\0", 12, ikm)
    header = salt + limits.PUSH_BYTES.to_bytes(4, "big") + bytes([len(public)]) + public
    return header + AESGCM(key).encrypt(nonce, plaintext + _LAST_RECORD, None)


def vapid(key: ec.EllipticCurvePrivateKey, audience: str, expires_s: int) -> str:
    """The header Authorization for the origin ``audience`` (RFC 8292 §3), good until ``expires_s`` (Unix)."""
    claims = {"aud": audience, "exp": expires_s, "sub": limits.VAPID_CONTACT}
    token = ".".join(
        encoded(json.dumps(part, separators=(",", ":")).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    r, s = decode_dss_signature(key.sign(token.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))  # RFC 7518 §3.4
    return f"vapid t={token}.{signature}, k={encoded(public_bytes(key))}"


def _hkdf(salt: bytes, info: bytes, length: int, secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
