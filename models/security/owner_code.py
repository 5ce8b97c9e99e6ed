"""The owner's code: it proves access to the device or its console, and so ownership."""

import hmac

ENTROPY_BYTES = 8
DIGITS = 8  # typed on a phone; five wrong ones lock out (``models.security.lockout``)


def code_of(entropy: bytes) -> str:
    """``ENTROPY_BYTES`` random bytes as two groups of four digits."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"{ENTROPY_BYTES} bytes make a code")
    digits = f"{int.from_bytes(entropy, 'big') % 10**DIGITS:0{DIGITS}d}"
    return f"{digits[:4]}-{digits[4:]}"


def same(stored: str, typed: str) -> bool:
    """In constant time; dashes and spaces do not count. No code at all is never the same."""
    wanted, given = (_digits(text).encode("utf-8", "surrogatepass") for text in (stored, typed))
    return hmac.compare_digest(wanted, given) and bool(wanted)


def _digits(text: str) -> str:
    return text.replace("-", "").replace(" ", "").strip()
