"""The pool as one detector sees it: connection, circuit breaker and probes, in the actor's loop.

It owns one HTTPS client. Guaranteed: an answer or a refusal within ``DEADLINE_S``, whatever the pool does, and that it
only communicates with the holder of the certificate in the invitation. A restart loses nothing: the pool keeps no
state of ours, and is probed again.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import aiohttp

from models.pool import limits
from models.pool.circuit_breaker import Breaker
from models.pool.invite import Invite
from models.pool.wire_format import WireError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
UNWELCOME = {401: "it does not know this device: invite it again", 404: "it runs another version of this program"}
REFUSALS = {400: "it cannot read the request", 429: "it is overloaded", 503: "it is overloaded"}


class NotOursError(Exception):
    """Retrying is useless; the text says why."""


@dataclass(frozen=True, slots=True)
class Question(Generic[T_co]):
    """``read`` parses the body of the answer, or raises WireError."""

    path: str
    body: bytes
    read: Callable[[bytes], T_co]


class Pool:
    """``changed`` is called when the pool is taken or given up; ``probe`` is a question that costs it little."""

    def __init__(self, invite: Invite, key: str, probe: Question[object], changed: Callable[[], None]) -> None:
        self.url = invite.url
        self.wanted = False
        self._tried = asyncio.Event()  # the first probe was answered, or not
        self._breaker = Breaker()
        self._probe = probe
        self._changed = changed
        self._fingerprint = bytes.fromhex(invite.fingerprint)
        self._headers = {"Authorization": f"Bearer {invite.token}.{key}"}
        self._session: aiohttp.ClientSession | None = None

    @property
    def usable(self) -> bool:
        return self.wanted and self._breaker.closed

    @property
    def why(self) -> str:
        """Why it is not ``usable``."""
        return self._breaker.why if self.wanted else "it is switched off in the settings"

    async def run(self) -> None:
        """Probe while the pool is wanted and does not answer. Never returns."""
        connector = aiohttp.TCPConnector(limit=limits.CONNECTIONS, ssl=aiohttp.Fingerprint(self._fingerprint))
        timeout = aiohttp.ClientTimeout(total=limits.DEADLINE_S)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(
            self.url, connector=connector, timeout=timeout, headers=self._headers, cookie_jar=jar, auto_decompress=False
        ) as self._session:
            while True:
                if self.wanted and not self._breaker.closed:
                    await self._prove()
                    self._tried.set()
                await asyncio.sleep(self._breaker.probe_in_s if self.wanted else limits.PROOF_EVERY_S)

    @property
    def tried(self) -> bool:
        return self._tried.is_set()

    async def first_verdict(self) -> None:
        """Wait for the first probe, a moment at most."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._tried.wait(), limits.FIRST_S)

    async def ask(self, question: Question[T]) -> T | None:
        """None: there is no answer that can be used."""
        try:
            answer = await self._answer(question)
        except NotOursError as error:
            opened = self._breaker.miss(str(error), time.monotonic(), final=True)
        except (aiohttp.ClientError, OSError, EOFError, WireError) as error:
            opened = self._breaker.miss(_reason(error), time.monotonic())
        else:
            self._breaker.hit()
            return answer
        if opened:
            self._changed()
        return None

    async def _prove(self) -> None:
        before = self._breaker.why
        try:
            await self._answer(self._probe)
        except (NotOursError, aiohttp.ClientError, OSError, EOFError, WireError) as error:
            self._breaker.disproven(_reason(error))
        else:
            self._breaker.proven(time.monotonic())
        if self._breaker.why != before:
            self._changed()

    async def _answer(self, question: Question[T]) -> T:
        if self._session is None:
            raise WireError("there is no connection yet")
        try:
            async with self._session.post(question.path, data=question.body, allow_redirects=False) as response:
                if response.status in UNWELCOME:
                    raise NotOursError(UNWELCOME[response.status])
                if response.status != 200:
                    raise WireError(REFUSALS.get(response.status, f"it answered {response.status}"))
                length = response.content_length
                if length is None or length > limits.ANSWER_BYTES:
                    raise WireError("its answer is too large")
                return question.read(await response.content.readexactly(length))
        except aiohttp.ServerFingerprintMismatch as error:
            raise NotOursError("its certificate is not the one in the invitation") from error


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"it did not answer within {limits.DEADLINE_S * 1000:.0f} ms"
    if isinstance(error, WireError):
        return f"its answer is invalid: {error}"
    if isinstance(error, NotOursError):
        return str(error)
    return "it cannot be reached"
