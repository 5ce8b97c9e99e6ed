"""Authentication: HTTP Digest, and WS-UsernameToken if enabled, with the RTSP login. Without a login everyone is
admitted if the owner has allowed it, otherwise nobody."""

import secrets
import time
from xml.etree.ElementTree import Element

from aiohttp import web

from actors.shared.rtsp_logins import Logins
from models.onvif.soap import SENDER, Fault
from models.onvif.username_token import UsernameTokens
from models.security import digest
from models.security.digest import Login, SharedNonces, Verdict

KEY_BYTES = 32


class RefusedError(Fault):
    """With the headers that its answer needs."""

    def __init__(self, reason: str, status: int, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(reason, SENDER, "ter:NotAuthorized", status=status)
        self.headers = headers


class Authenticator:
    """``login``, ``is_open`` and ``username_token`` are set by the actor."""

    def __init__(self, logins: Logins) -> None:
        self.login = Login("", "")
        self.is_open = False  # the owner has allowed access without a login
        self.username_token = False
        self._logins = logins
        self._nonces = SharedNonces(secrets.token_bytes(KEY_BYTES))
        self._tokens = UsernameTokens()

    async def let_in(self, request: web.Request, client: str, security: Element | None) -> None:
        """Raises ``RefusedError``."""
        if not self.login.asked_for:
            if not self.is_open:
                raise RefusedError("There is no login yet", 503, (("Retry-After", "1"),))
            return
        if remaining := await self._logins.may_try(client):
            raise RefusedError("Too many attempts", 403, (("Retry-After", str(remaining)),))
        verdict, by_token = self._verdict(request, security)
        if verdict is Verdict.GRANTED:
            self._logins.succeeded(client)
            return
        if verdict is Verdict.WRONG:
            self._logins.failed(client)
        if by_token:
            reason = (
                "The time is wrong, or the token was used before"
                if verdict is Verdict.STALE
                else "Wrong user or password"
            )
            raise RefusedError(reason, 400)
        nonce, stale = self._nonces.make(int(time.monotonic())), verdict is Verdict.STALE
        # MD5 is last: clients that read only one header mostly use the last one, and many support nothing else.
        headers = (digest.challenge(nonce, "SHA-256", stale), digest.challenge(nonce, "MD5", stale))
        raise RefusedError("A login is needed", 401, headers)

    def _verdict(self, request: web.Request, security: Element | None) -> tuple[Verdict, bool]:
        """The result, and whether it is about a UsernameToken."""
        shown = request.headers.get("Authorization", "")
        if not shown and self.username_token:
            verdict = self._tokens.check(security, self.login, time.time())
            if verdict is not Verdict.ABSENT:
                return verdict, True
        target = (request.method, request.raw_path)
        return digest.check(shown, target, self.login, self._nonces, int(time.monotonic())), False
