"""Checks one password at a time, so that simultaneous guesses count separately."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from actors.auth.auth_store import KEY_BYTES, verify_password
from actors.runtime.worker import SerialExecutor
from actors.shared.system_events import SystemEvents
from config.files import stored_json, write_atomically
from models.errors import LimitReached
from models.events import LOCKED_OUT, LOGIN_FAILED
from models.security.lockout import Lockouts
from models.security.owner_code import same
from models.security.password import Remembered, as_made, problem

FILE = "lockouts.json"


class PasswordCheck:
    """Lock-outs are kept in the run directory: they survive this actor, but not the program."""

    def __init__(
        self, run_dir: Path, executor: SerialExecutor, hash_of: Callable[[], str], journal: SystemEvents
    ) -> None:
        self._path = run_dir / FILE
        self._executor = executor
        self._hash_of = hash_of
        self._journal = journal
        self._turn = asyncio.Lock()
        self._remembered = Remembered(secrets.token_bytes(KEY_BYTES))
        self._lockouts = Lockouts()
        self._lockouts.restore(stored_json(self._path), time.monotonic())

    async def check(self, password: str, client: str) -> bool:
        """Whether it is the password; a failure counts for ``client``.

        Raises:
            LimitReached: ``client`` has to wait, whatever it sends.
        """
        self._refuse_locked(client)
        async with self._turn:
            self._refuse_locked(client)
            stored = self._hash_of()
            right = await self._executor.run(self._verify, stored, password)
            if right:
                self._remembered.remember(stored, password)
            return await self._count(client, right, "password")

    async def check_code(self, code: str, typed: str, client: str) -> bool:
        """As ``check``, for the owner's code; its failures count towards the same lock-out."""
        self._refuse_locked(client)
        return await self._count(client, same(code, typed), "code")

    async def _count(self, client: str, right: bool, what: str) -> bool:
        if right:
            self._lockouts.succeeded(client)
        else:
            self._tell(client, self._lockouts.failed(client, time.monotonic()), what)
            await self._executor.run(_write, self._path, self._lockouts.as_dict())
        return right

    def _tell(self, client: str, failures: int, what: str) -> None:
        policy = self._lockouts.policy
        if failures >= policy.attempts:
            text = f"{client} is locked out for {policy.lock_s:.0f} s after {failures} wrong {what}s"
            self._journal.note(LOCKED_OUT, text)
        elif failures == 1:
            self._journal.note(LOGIN_FAILED, f"A wrong {what} came from {client}")

    def _verify(self, stored: str, password: str) -> bool:
        if self._remembered.knows(stored, password):
            return True
        if problem(password, shortest=1):
            return False
        made = as_made(password)  # the printed one, without its dashes
        return verify_password(stored, password) or (made not in ("", password) and verify_password(stored, made))

    def _refuse_locked(self, client: str) -> None:
        remaining = self._lockouts.remaining(client, time.monotonic())
        if remaining:
            raise LimitReached("Too many attempts", lockout=True, lockoutRemaining=remaining)


def _write(path: Path, stored: dict[str, object]) -> None:
    write_atomically(path, json.dumps(stored).encode())
