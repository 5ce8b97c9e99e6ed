"""Signed webhooks as in Standard Webhooks 1.0 (standardwebhooks.com), for which most languages have a library."""

import base64
import hashlib
import hmac

PREFIX = "whsec_"
SECRET_BYTES = 32


def secret_text(random: bytes) -> str:
    return PREFIX + base64.b64encode(random).decode()


def headers(secret: str, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """``message_id`` is the same whenever the same message is sent again; ``timestamp_s`` is when it is sent."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{signature}",
    }
