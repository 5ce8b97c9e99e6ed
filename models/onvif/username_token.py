"""WS-UsernameToken with a password digest (OASIS Web Services Security UsernameToken Profile 1.0).

Each is taken once: its nonce is remembered for as long as its time would let it in again. What is remembered is
bounded, and what had to be forgotten is refused by its time instead: nothing is taken twice, however many come.
"""

import base64
import binascii
import hashlib
import heapq
import hmac
from xml.etree.ElementTree import Element

from models.onvif.limits import CLOCK_WINDOW_S, TOKENS_REMEMBERED
from models.onvif.times import unix_s
from models.onvif.xml import qualified, text
from models.security.digest import Login, Verdict

DIGEST = "#PasswordDigest"
NONCE_BYTES_MAX = 128


class UsernameTokens:
    """``now`` is in Unix seconds."""

    def __init__(self, remembered: int = TOKENS_REMEMBERED) -> None:
        self._most = remembered
        self._seen: set[bytes] = set()
        self._by_time: list[tuple[float, bytes]] = []  # a heap
        self._floor = 0.0  # Unix time: what was made up to then is not taken

    def check(self, security: Element | None, login: Login, now: float) -> Verdict:
        """STALE: the right password, but the time is off or the token was used."""
        token = security.find(qualified("wsse:UsernameToken")) if security is not None else None
        if token is None:
            return Verdict.ABSENT
        password = token.find(qualified("wsse:Password"))
        created, nonce = text(token, "wsu:Created"), _decoded(text(token, "wsse:Nonce"))
        if password is None or not password.get("Type", "").endswith(DIGEST) or not nonce:
            return Verdict.WRONG
        digest = hashlib.sha1(nonce + f"{created}{login.password}".encode(), usedforsecurity=False).digest()
        right = hmac.compare_digest(_decoded((password.text or "").strip()), digest)
        name = text(token, "wsse:Username").encode()
        if not right or not hmac.compare_digest(name, login.username.encode()):
            return Verdict.WRONG
        made = unix_s(created)
        if made is None or abs(now - made) > CLOCK_WINDOW_S or made <= self._floor:
            return Verdict.STALE
        return Verdict.GRANTED if self._take(digest, made, now) else Verdict.STALE

    def _take(self, digest: bytes, made: float, now: float) -> bool:
        """Whether this digest, which nonce, time and password make what it is, is a new one."""
        if digest in self._seen:
            return False
        while self._by_time and (self._by_time[0][0] < now - CLOCK_WINDOW_S or len(self._by_time) >= self._most):
            forgotten, old = heapq.heappop(self._by_time)
            self._seen.remove(old)
            self._floor = max(self._floor, forgotten)
        if made <= self._floor:
            return False
        self._seen.add(digest)
        heapq.heappush(self._by_time, (made, digest))
        return True


def _decoded(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return decoded if len(decoded) <= NONCE_BYTES_MAX else b""
