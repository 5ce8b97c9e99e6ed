"""The RTSP login in each actor that uses it (ONVIF does too): wrong guesses, and known addresses.

Logins from a locked-out address are not checked, unless the address is known: then they are checked in turn, so that a
recorder is not locked out by its neighbours' guesses. What one actor learns, the others are told through the RTSP
manager. Lock-outs survive the actor but not the program; known addresses survive both.
"""

import asyncio
import json
import time
from typing import Protocol

from actors.runtime.actor import Actor
from actors.runtime.worker import SerialExecutor
from actors.shared.system_events import SystemEvents
from config.files import stored_json, write_atomically
from models.events import LOCKED_OUT, LOGIN_FAILED
from models.messages.rtsp import RTSP
from models.messages.rtsp_session import FirstLogin, LoginFailed
from models.security.lockout import KNOWN_MAX, KnownClients, LockoutPolicy, Lockouts, client_key

LOCKOUT = LockoutPolicy(lock_s=60.0)
GUESS_EVERY_S = 1.0  # between answers to wrong logins of a known address that is locked


class LoginHooks(Protocol):
    def login_failed(self, client: str, locked_for: int) -> None:
        """``locked_for``: seconds until the next attempt is allowed; 0: now."""

    def first_login(self, client: str) -> None:
        """Nobody had logged in from this address, as far as is known."""


class Logins:
    """``client``: an address without port."""

    def __init__(self, hooks: LoginHooks) -> None:
        self.lockouts, self.known = Lockouts(LOCKOUT), KnownClients()
        self.changed = asyncio.Event()  # they differ from those on disk
        self._hooks = hooks
        self._turns: dict[str, asyncio.Lock] = {}  # by known address that is locked

    async def may_try(self, client: str) -> int:
        """Wait until a login of this client may be checked: returns 0, or the seconds of its lock-out.

        A client that disconnects loses its turn, so no more wait than the address has connections.
        """
        remaining = self.lockouts.remaining(client, time.monotonic())
        if not remaining:
            return 0
        if not self.known.has(client):
            return remaining
        if len(self._turns) > KNOWN_MAX:
            self._turns = {key: turn for key, turn in self._turns.items() if turn.locked()}
        async with self._turns.setdefault(client_key(client), asyncio.Lock()):
            await asyncio.sleep(GUESS_EVERY_S)
        return 0

    def succeeded(self, client: str) -> None:
        self.lockouts.succeeded(client)
        if self.known.add(client):
            self.changed.set()
            self._hooks.first_login(client)

    def failed(self, client: str) -> None:
        self.failed_elsewhere(client)
        self._hooks.login_failed(client, self.lockouts.remaining(client, time.monotonic()))

    def succeeded_elsewhere(self, client: str) -> None:
        """A login at another actor, like ``failed_elsewhere``: it counts here too."""
        self.known.add(client)
        self.changed.set()

    def failed_elsewhere(self, client: str) -> None:
        self.lockouts.failed(client, time.monotonic())
        self.changed.set()


class LoginNews:
    """Reports to the history and, through the RTSP manager, to the other actors. ``what`` is the service: "RTSP"."""

    def __init__(self, actor: Actor, what: str) -> None:
        self._actor, self._what = actor, what
        self._journal = SystemEvents(actor)

    def login_failed(self, client: str, locked_for: int) -> None:
        self._actor.log.info("login failed", client=client)
        if locked_for:
            text = f"{client} is locked out of {self._what} for {locked_for} s after wrong passwords"
            self._journal.note(LOCKED_OUT, text)
        else:
            self._journal.note(LOGIN_FAILED, f"A wrong password for {self._what} came from {client}")
        self._actor.actor(RTSP).tell(LoginFailed(self._actor.name, client))

    def first_login(self, client: str) -> None:
        self._actor.actor(RTSP).tell(FirstLogin(self._actor.name, client))


class LoginFiles:
    """Keeps an actor's logins across its restarts."""

    def __init__(self, actor: Actor, logins: Logins, files: SerialExecutor) -> None:
        self._actor, self._logins, self._files = actor, logins, files
        self._lockouts_file = actor.boot.run_dir / f"{actor.name}-lockouts.json"
        self._known_file = actor.boot.data_dir / f"{actor.name}-known.json"

    async def load(self) -> None:
        """Called before the first login."""
        self._logins.lockouts.restore(await self._files.run(stored_json, self._lockouts_file), time.monotonic())
        known = await self._files.run(stored_json, self._known_file)
        if isinstance(known, list):
            self._logins.known = KnownClients(one for one in known if isinstance(one, str))

    async def keep(self) -> None:
        """Never returns."""
        kept = self._logins.known.as_list()
        while True:
            await self._logins.changed.wait()
            self._logins.changed.clear()
            lockouts, known = self._logins.lockouts.as_dict(), self._logins.known.as_list()
            try:
                await self._files.run(write_atomically, self._lockouts_file, json.dumps(lockouts).encode())
                if known != kept:
                    await self._files.run(write_atomically, self._known_file, json.dumps(known).encode())
                    kept = known
            except OSError as error:
                self._actor.log.warning("lock-outs will not survive a restart", reason=str(error))
