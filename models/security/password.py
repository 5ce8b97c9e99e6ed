"""Rules for passwords, and generated ones."""

import hashlib
import hmac

LENGTH_MIN = 8  # NIST SP 800-63B §5.1.1.2
LENGTH_MAX = 256  # bounds the work of hashing
ENTROPY_BYTES = 10  # of a made password: 80 bits
MADE_LETTERS = 16
# No 0 and o, no 1 and l: it is read from a console and typed into a phone.
ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"


def problem(password: str, *, shortest: int = LENGTH_MIN) -> str:
    """Why this cannot be a new password; "" if it can."""
    if len(password) < shortest:
        return f"Password too short (min {shortest})"
    if len(password) > LENGTH_MAX:
        return f"Password too long (max {LENGTH_MAX})"
    if not password.isprintable():
        return "Password contains control characters"
    return ""


def readable(entropy: bytes) -> str:
    """``ENTROPY_BYTES`` random bytes as four groups of four letters and digits."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"{ENTROPY_BYTES} bytes make a password")
    number = int.from_bytes(entropy, "big")
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
    return _grouped(letters)


def as_made(typed: str) -> str:
    """What was made by ``readable`` and typed without its dashes, with spaces, or in capitals; "" if it is not that."""
    letters = typed.replace("-", "").replace(" ", "").strip().lower()
    if len(letters) != MADE_LETTERS or not set(letters) <= set(ALPHABET):
        return ""
    return _grouped(letters)


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, MADE_LETTERS, 4))


class Remembered:
    """The password that was verified last, so that requests with a password each are not slowed down by hashing.

    Only a keyed digest is kept; the key lives as long as the process. It goes with the hash that it was verified
    against: a new password makes it worthless.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._digest = b""

    def remember(self, stored: str, password: str) -> None:
        self._digest = self._keyed(stored, password)

    def knows(self, stored: str, password: str) -> bool:
        """In constant time."""
        return hmac.compare_digest(self._digest, self._keyed(stored, password)) and bool(self._digest)

    def _keyed(self, stored: str, password: str) -> bytes:
        message = f"{stored}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, message, hashlib.sha256).digest()
