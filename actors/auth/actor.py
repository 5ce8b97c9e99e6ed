"""The auth actor. See ``models.messages.auth`` for what it may be asked."""

import asyncio
import os
import secrets
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from actors.auth.auth_store import FILE, StoredAuth, hash_password, load_state, save_state
from actors.auth.password_check import PasswordCheck
from actors.runtime.actor import Actor, handles
from actors.shared.system_events import SystemEvents
from config.files import write_atomically
from config.places import FIRST_PASSWORD, OWNER_CODE
from config.setting import INVALID_FORMAT
from models.errors import Conflict, Invalid, LimitReached, Missing, Refused, Unavailable
from models.events import CREDENTIALS, NEW_ADDRESS
from models.messages import Ok
from models.messages.auth import (
    AuthStatus,
    ChangePassword,
    EndSession,
    GetAuthStatus,
    GetKnownAddresses,
    GetSessions,
    Identity,
    IssueToken,
    KnownAddresses,
    LogIn,
    LoginSession,
    LogOut,
    OpenAnonymousSession,
    ProveOwner,
    SessionList,
    SessionsRevoked,
    SetProtection,
    StartProtection,
    WhoIs,
)
from models.security import owner_code
from models.security.password import ENTROPY_BYTES, LENGTH_MIN, problem, readable
from models.security.roles import OWNER, ROLES, VIEWER, may
from models.security.sessions import (
    ANONYMOUS_BYTES,
    NAME_MAX,
    TOKEN_BYTES,
    TOKENS_MAX,
    AnonymousTokens,
    session_of,
)

VARIABLE = "IPCAMERA_PASSWORD"
OFF_FOR_THIS_RUN = "Password protection is switched off for this run (--auth off, IPCAMERA_AUTH)"
WRONG = "Invalid password"
WRONG_CODE = "This is not the code that the device printed at its last start"
TICK_S = 60.0
AGENT_MAX = 200
DAYS_MAX = 3650


class Auth(Actor):
    """Owns the password and the sessions. What it has answered is on disk, so a kill ends nobody's session."""

    critical = must_start = True

    async def on_start(self) -> None:
        self._writing = asyncio.Lock()
        self._disk, hashing = self.executor("disk"), self.executor("hashing")
        self._state, notes = await self._disk.run(load_state, self.boot.data_dir)
        for note in notes:
            self.log.warning(note)
        self._journal = SystemEvents(self)
        self._code = await self._disk.run(_owner_code, self.boot.run_dir / OWNER_CODE)
        self._password_check = PasswordCheck(self.boot.run_dir, hashing, lambda: self._state.password, self._journal)
        if self._enabled and not self._state.password:
            await self._first_password()
        if not self._enabled:
            self.log.warning("password protection is off: anyone who can reach this device sees the camera")
        self.publish_state(self._status_now())
        self.start_task(self._every_minute())

    @property
    def _enabled(self) -> bool:
        return self.boot.auth and self._state.enabled

    # ---------------------------------------------------------------- identities
    @handles(GetAuthStatus)
    def _status(self, _: GetAuthStatus) -> AuthStatus:
        return self._status_now()

    def _status_now(self) -> AuthStatus:
        return AuthStatus(self._enabled, bool(self._state.password))

    @handles(WhoIs, max_concurrency=32)
    async def _who_is(self, message: WhoIs) -> Identity:
        if message.carrier == "basic":
            good = not self._enabled or await self._password_check.check(message.token, message.client)
            if good and self._enabled and self._been_in(message.client, "a player"):
                await self._save()
            return Identity(good, dashboard=False, open=not self._enabled)
        session = self._find(message.token) if message.token else None
        if session is None:
            return Identity(not self._enabled, dashboard=False, open=not self._enabled)
        if self._state.sessions.stale():
            await self._save()
        dashboard = message.carrier == "cookie"
        return Identity(True, dashboard, session.session_id, session.csrf_token, not self._enabled, session.role)

    def _find(self, token: str) -> LoginSession | None:
        session = self._state.sessions.find(token, time.time())
        if session is None and not self._enabled:
            return AnonymousTokens(self._state.anonymous_key).find(token, time.time())
        return session

    # ---------------------------------------------------------------- sessions
    @handles(LogIn, max_concurrency=8)
    async def _log_in(self, message: LogIn) -> LoginSession:
        if not self._enabled:
            return self._anonymous()
        shown = self._state.sessions.find(message.password, time.time())
        if shown is not None and may(shown.role, VIEWER):
            return await self._open(message, shown.role, shown.session_id)
        password = self._state.password
        if not await self._password_check.check(message.password, message.client):
            self.log.info("a login failed", client=message.client)
            raise Refused(WRONG)
        if password != self._state.password:  # changed while we were hashing
            raise Refused(WRONG)
        return await self._open(message, OWNER)

    async def _open(self, message: LogIn, role: str, parent: str = "") -> LoginSession:
        secret, agent = secrets.token_hex(TOKEN_BYTES), message.agent[:AGENT_MAX]
        self._been_in(message.client, agent)
        session, ended = self._state.sessions.open(secret, time.time(), message.client, agent, role, parent)
        await self._save()
        self._revoked(ended)
        self.log.info("logged in", client=message.client, sessions=len(self._state.sessions))
        return session

    def _been_in(self, client: str, agent: str) -> bool:
        """Record a successful login from this address; whether it is the first one."""
        new = self._state.known.add(client)
        if new:
            self._journal.note(NEW_ADDRESS, f"First login from {client}, with {agent or 'an unknown client'}")
        return new

    @handles(GetKnownAddresses)
    def _known(self, _: GetKnownAddresses) -> KnownAddresses:
        return KnownAddresses(tuple(self._state.known.as_list()))

    @handles(OpenAnonymousSession)
    def _open_anonymous(self, _: OpenAnonymousSession) -> LoginSession:
        if self._enabled:
            raise Refused("Password protection is on")
        return self._anonymous()

    def _anonymous(self) -> LoginSession:
        return AnonymousTokens(self._state.anonymous_key).issue(secrets.token_bytes(ANONYMOUS_BYTES), time.time())

    @handles(LogOut)
    async def _log_out(self, message: LogOut) -> Ok:
        if ended := self._state.sessions.close(message.token):
            await self._save(final=True)
            self._revoked(ended)
        elif self._find(message.token):  # anonymous: nothing to forget, but its sockets end
            self._revoked((session_of(message.token).session_id,))
        return Ok()

    @handles(GetSessions)
    def _list(self, _: GetSessions) -> SessionList:
        self._state.sessions.expire(time.time())
        return SessionList(tuple(row.view() for row in self._state.sessions.rows()))

    @handles(EndSession)
    async def _end(self, message: EndSession) -> Ok:
        names = {row.session_id: row.name for row in self._state.sessions.rows()}
        ended = self._state.sessions.end(message.session_id)
        if not ended:
            raise Missing("No such session")
        if name := names.get(message.session_id):
            self._journal.note(CREDENTIALS, f"The token {name} was revoked from {message.client}")
        await self._save(final=True)
        self._revoked(ended)
        return Ok()

    @handles(IssueToken)
    async def _issue(self, message: IssueToken) -> LoginSession:
        name = message.name.strip()
        if not 0 < len(name) <= NAME_MAX:
            raise Invalid(f"name: Length must be between 1 and {NAME_MAX}")
        if not name.isprintable():
            raise Invalid(f"name: {INVALID_FORMAT}")
        if message.role not in ROLES:
            raise Invalid(f"role: Value must be one of {', '.join(ROLES)}")
        if not 0 <= message.days <= DAYS_MAX:
            raise Invalid(f"days: Value must be between 0 and {DAYS_MAX}")
        now = time.time()
        expires = now + message.days * 86400 if message.days else 0.0
        session = self._state.sessions.issue(secrets.token_hex(TOKEN_BYTES), now, message.role, name, expires)
        if session is None:
            raise LimitReached(f"There are already {TOKENS_MAX} tokens: revoke one first")
        self._journal.note(CREDENTIALS, f"The token {name} ({message.role}) was created from {message.client}")
        await self._save(final=True)
        return session

    def _revoked(self, session_ids: tuple[str, ...]) -> None:
        if session_ids:
            self.publish(SessionsRevoked(session_ids))

    # ---------------------------------------------------------------- the password
    @handles(ChangePassword, max_concurrency=2)
    async def _change_password(self, message: ChangePassword) -> Ok:
        if reason := problem(message.new):
            raise Invalid(reason)
        if message.current is not None:
            await self._confirm(message.current, message.client)
        await self._set_password(message.new)
        self.publish(SessionsRevoked(()))
        self._journal.note(CREDENTIALS, f"The password was changed from {message.client}")
        self.log.info("the password was changed", client=message.client)
        return Ok()

    async def _confirm(self, current: str, client: str) -> None:
        if not self._enabled:
            raise Refused("Password protection is off: set the password on the device")
        if not await self._password_check.check(current, client):
            raise Refused(WRONG)

    async def _set_password(self, password: str) -> None:
        hashed = await self._disk.run(hash_password, password)
        await self._replace(password=hashed, sessions=self._state.sessions.without_owners())

    @handles(ProveOwner, max_concurrency=2)
    async def _prove_owner(self, message: ProveOwner) -> Ok:
        if not await self._password_check.check_code(self._code, message.code, message.client):
            raise Refused(WRONG_CODE)
        return Ok()

    @handles(StartProtection)
    async def _start_protection(self, message: StartProtection) -> AuthStatus:
        if self._enabled:
            raise Invalid("Password protection is already on")
        if not self.boot.auth:
            raise Invalid(OFF_FOR_THIS_RUN)
        if reason := problem(message.new):
            raise Invalid(reason)
        await self._prove_owner(ProveOwner(message.code, message.client))
        hashed = await self._disk.run(hash_password, message.new)
        await self._switch(True, password=hashed, sessions=self._state.sessions.without_owners())
        return self._status_now()

    @handles(SetProtection)
    async def _set_protection(self, message: SetProtection) -> AuthStatus:
        if message.enabled and not self.boot.auth:
            raise Conflict(OFF_FOR_THIS_RUN)
        if message.enabled and not self._state.password:
            raise Invalid("Set a password first")
        if message.enabled != self._state.enabled:
            await self._switch(message.enabled)
        return self._status_now()

    async def _switch(self, enabled: bool, **changes: Any) -> None:
        """Anonymous sessions from the time without protection end with their key."""
        await self._replace(enabled=enabled, anonymous_key=StoredAuth().anonymous_key, **changes)
        self.publish_state(self._status_now())
        self.publish(SessionsRevoked(()))
        word = "on" if enabled else "off"
        self._journal.note(CREDENTIALS, f"Password protection was switched {word}")
        self.log.warning("password protection is %s", word)

    async def _first_password(self) -> None:
        given = os.environ.get(VARIABLE, "")
        if reason := problem(given, shortest=1) if given else "":
            raise Invalid(f"{VARIABLE}: {reason}")
        if given and len(given) < LENGTH_MIN:
            self.log.warning("the password from %s is too short", VARIABLE)
        password = given or readable(secrets.token_bytes(ENTROPY_BYTES))
        if not given:
            # Shown before it is valid: if we are killed in between, the next start makes another one.
            await self._disk.run(write_atomically, self.boot.run_dir / FIRST_PASSWORD, f"{password}\n".encode())
        await self._set_password(password)

    # ---------------------------------------------------------------- the disk
    async def _replace(self, **changes: Any) -> None:
        """Apply ``changes`` once they are on disk; ``Unavailable`` and no change if that fails."""
        async with self._writing:
            state = replace(self._state, **changes)
            try:
                await self._write(state, final=True)
            except OSError as error:
                raise Unavailable(f"{FILE} cannot be written: {error.strerror}") from error
            self._state = state

    async def _save(self, final: bool = False) -> None:
        """If the disk fails, sessions continue in memory, and the actor is degraded."""
        async with self._writing:
            try:
                await self._write(self._state, final)
            except OSError as error:
                self.degraded(f"{FILE} cannot be written ({error.strerror}): sessions will not survive a restart")
                return
            self._state.sessions.saved()
            self.degraded("")

    async def _write(self, state: StoredAuth, final: bool) -> None:
        await self._disk.run(partial(save_state, self.boot.data_dir, state, final=final))

    # ---------------------------------------------------------------- time
    async def _every_minute(self) -> None:
        while True:
            if ended := self._state.sessions.expire(time.time()):
                await self._save()
                self._revoked(ended)
            await asyncio.sleep(TICK_S)


def _owner_code(path: Path) -> str:
    """The code of this run, made if there is none yet: it survives this actor, but not the program."""
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    code = owner_code.code_of(secrets.token_bytes(owner_code.ENTROPY_BYTES))
    write_atomically(path, f"{code}\n".encode())
    return code
