"""Digest (RFC 7616, RFC 2069) and Basic (RFC 7617) for RTSP (RFC 2326 §14.20 D.1)."""

from models.rtsp.url import parse
from models.security import digest
from models.security.digest import NONCE_VALID_S, REALM, Login, Seal, Verdict, challenge, count_of

__all__ = ["Login", "Nonces", "Verdict", "challenges", "check"]


def challenges(nonce: str, stale: bool) -> tuple[tuple[str, str], ...]:
    """WWW-Authenticate headers. MD5 is the last Digest: FFmpeg keeps the last one and knows no other algorithm.

    MD5 comes without qop, as all RTSP clients understand it; live555 answers the first Digest with MD5 whatever it
    says, which ``check`` takes for what it is because the answer names no algorithm.
    """
    return (
        challenge(nonce, "SHA-256", stale),
        challenge(nonce, "MD5", stale, qop=False),
        ("WWW-Authenticate", f'Basic realm="{REALM}"'),
    )


class Nonces:
    """The nonces of one connection (RFC 7616 §3.3). They are good on it alone, so nothing that is overheard on one
    connection can be said on another; where the client counts (``nc``), nothing is taken twice.

    A nonce that let somebody in stays good while the connection lasts.
    """

    def __init__(self, key: bytes) -> None:
        """``key``: random bytes that no other connection has."""
        self._seal = Seal(key)
        self._made = 0
        self._kept = 0  # the number of the nonce that was taken last
        self._count = 0  # the highest ``nc`` that came with it

    def make(self, now_s: int) -> str:
        self._made += 1
        return self._seal.make(now_s, self._made)

    def take(self, nonce: str, count: str | None, now_s: int) -> bool:
        """Whether ``nonce`` is ours, fresh, and not replayed; ``count``: the client's ``nc``, eight hex digits."""
        known = self._seal.read(nonce)
        if known is None:
            return False
        made_s, number = known
        used = self._count if number == self._kept else 0
        if number < self._kept or (number > self._kept and not 0 <= now_s - made_s <= NONCE_VALID_S):
            return False
        if count is not None:
            if count_of(count) <= used:
                return False
            used = count_of(count)
        self._kept, self._count = number, used
        return True


def check(authorization: str, request: tuple[str, str], login: Login, nonces: Nonces, now_s: int) -> Verdict:
    """Judge an Authorization header for a request (method, URL)."""
    return digest.check(authorization, request, login, nonces, now_s, _same_target, basic=True)


def _same_target(uri: str, requested: str) -> bool:
    """RFC 7616 §3.4.6. Some clients leave out scheme and host, and VLC the track of a SETUP."""
    shown, wanted = parse(uri), parse(requested)
    return (shown.path, shown.query) == (wanted.path, wanted.query) and shown.track in (None, wanted.track)
