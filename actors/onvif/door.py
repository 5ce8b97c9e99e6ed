"""Who may ask: HTTP Digest, and WS-UsernameToken where the owner lets it, against the login of RTSP. Without a login
everybody may where the owner has said so, else nobody."""

import asyncio
import secrets
import time
from typing import Protocol
from xml.etree.ElementTree import Element

from aiohttp import web

from actors.onvif.limits import GUESS_EVERY_S
from models.onvif.soap import SENDER, Fault
from models.onvif.username_token import UsernameTokens
from models.security import digest
from models.security.digest import Login, SharedNonces, Verdict
from models.security.lockout import KNOWN_MAX, KnownClients, Lockouts, client_key

KEY_BYTES = 32


class RefusedError(Fault):
    """With the headers that its answer needs."""

    def __init__(self, reason: str, status: int, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(reason, SENDER, "ter:NotAuthorized", status=status)
        self.headers = headers


class Porter(Protocol):
    """Whom the door tells, and who remembers."""

    lockouts: Lockouts
    known: KnownClients

    def login_failed(self, client: str) -> None: ...

    def first_login(self, client: str) -> None:
        """Nobody had been in from there, as far as is remembered."""


class Door:
    """``login``, ``is_open`` and ``username_token`` are set by the actor."""

    def __init__(self, porter: Porter) -> None:
        self.login = Login("", "")
        self.is_open = False  # the owner wants no login
        self.username_token = False
        self._porter = porter
        self._nonces = SharedNonces(secrets.token_bytes(KEY_BYTES))
        self._tokens = UsernameTokens()
        self._turns: dict[str, asyncio.Lock] = {}  # by locked address from which somebody has been in

    async def let_in(self, request: web.Request, client: str, security: Element | None) -> None:
        """Raises ``RefusedError``.

        A locked-out address is not even tried, unless somebody has been in from there: then all wait their turn, and
        a recorder is not shut out for what its neighbours guess.
        """
        if not self.login.asked_for:
            if not self.is_open:
                raise RefusedError("There is no login yet", 503, (("Retry-After", "1"),))
            return
        porter, now = self._porter, time.monotonic()
        if remaining := porter.lockouts.remaining(client, now):
            if not porter.known.has(client):
                raise RefusedError("Too many attempts", 403, (("Retry-After", str(remaining)),))
            await self._turn_at(client)
        verdict, by_token = self._verdict(request, security)
        if verdict is Verdict.GRANTED:
            porter.lockouts.succeeded(client)
            if porter.known.add(client):
                porter.first_login(client)
            return
        if verdict is Verdict.WRONG:
            porter.lockouts.failed(client, now)
            porter.login_failed(client)
        if by_token:
            reason = "The time is off, or it was used before" if verdict is Verdict.STALE else "Wrong user or password"
            raise RefusedError(reason, 400)
        nonce, stale = self._nonces.make(int(now)), verdict is Verdict.STALE
        # MD5 is the last: clients that read one header only mostly keep the last one, and many know no other.
        headers = (digest.challenge(nonce, "SHA-256", stale), digest.challenge(nonce, "MD5", stale))
        raise RefusedError("A login is needed", 401, headers)

    def _verdict(self, request: web.Request, security: Element | None) -> tuple[Verdict, bool]:
        """And whether it is about a UsernameToken."""
        shown = request.headers.get("Authorization", "")
        if not shown and self.username_token:
            verdict = self._tokens.check(security, self.login, time.time())
            if verdict is not Verdict.ABSENT:
                return verdict, True
        target = (request.method, request.raw_path)
        return digest.check(shown, target, self.login, self._nonces, int(time.monotonic())), False

    async def _turn_at(self, client: str) -> None:
        """One after the other. Who hangs up gives his turn away, so no more wait than the address has connections."""
        if len(self._turns) > KNOWN_MAX:
            self._turns = {key: turn for key, turn in self._turns.items() if turn.locked()}
        async with self._turns.setdefault(client_key(client), asyncio.Lock()):
            await asyncio.sleep(GUESS_EVERY_S)
