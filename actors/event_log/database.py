"""The database for the actor: a writing and a reading thread, and the handling of full disks and damaged files."""

import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DatabaseError

from actors.event_log import engine, limits
from actors.event_log.queries import Queries
from actors.event_log.store import Store, give_up_reserve, make_room_to_open, no_room_to_open
from actors.runtime.worker import SerialExecutor
from models.errors import Conflict, Unavailable

T = TypeVar("T")

BROKEN = "the event database cannot be used ({why}): it was set aside as {name}, and a new one was created"
NO_ROOM = "the disk is full: events wait until there is space"


class EventDatabase:
    def __init__(self, folder: Path, write: SerialExecutor, read: SerialExecutor, note: Callable[[str], None]) -> None:
        """``note`` is called with a sentence about what happened to the database."""
        self._folder = folder
        self._path = folder / "events.db"
        self._writing, self._reading = write, read
        self._note = note
        self._store: Store | None = None
        self._queries: Queries | None = None

    async def open(self) -> None:
        """Check and open the existing database, or create a new one. Raises Unavailable if neither works."""
        await self._writing.run(make_room_to_open, self._folder)
        if self._path.exists() and self._path.stat().st_size <= limits.CHECK_AT_START_BYTES:
            await self.check(self._writing)
        if self._store is None:
            await self._writing.run(self._open)

    async def check(self, executor: SerialExecutor) -> None:
        """Read the whole database; a damaged one is set aside. Raises Unavailable if it cannot be read now."""
        try:
            found = await executor.run(engine.fault, self._path)
        except sqlite3.DatabaseError as error:
            reason = NO_ROOM if no_room_to_open(self._folder) else f"the event database cannot be read now: {error}"
            raise Unavailable(reason) from error
        if found:
            await self._writing.run(self._begin_anew, found)

    @property
    def checked_at_start(self) -> bool:
        return not self._path.exists() or self._path.stat().st_size <= limits.CHECK_AT_START_BYTES

    async def write(self, job: Callable[[Store], T]) -> T:
        """Run ``job`` in the writing thread, again after a repair. Raises Unavailable: retry later."""
        return await self._writing.run(self._repairing, lambda: job(self._opened()))

    async def read(self, job: Callable[[Queries], T]) -> T:
        """Run ``job`` in the reading thread. Raises Conflict if the database cannot be used."""

        def run() -> T:
            try:
                return job(self._reader())
            except DatabaseError as error:
                raise Conflict("Event history unavailable") from error

        try:
            return await self._reading.run(run)
        except Conflict as error:
            cause = error.__cause__
            if not isinstance(cause, DatabaseError) or not (engine.is_corrupt(cause) or engine.is_incomplete(cause)):
                raise
            await self._writing.run(self._repair, cause)
            return await self._reading.run(run)

    def close(self) -> None:
        for part in (self._store, self._queries):
            if part is not None:
                part.close()

    # ---------------------------------------------------------------- in the writing thread
    def _repairing(self, job: Callable[[], T]) -> T:
        try:
            return job()
        except (DatabaseError, OSError) as error:
            self._repair(error)
        try:
            return job()
        except (DatabaseError, OSError) as error:
            raise Unavailable(_reason(error)) from error

    def _repair(self, error: DatabaseError | OSError) -> None:
        if isinstance(error, DatabaseError) and engine.is_corrupt(error):
            self._begin_anew(str(error.orig))
        elif isinstance(error, DatabaseError) and engine.is_incomplete(error):
            self._close()
            self._open()
        elif _is_full(error):
            try:
                given_up = self._opened().make_room()
            except (DatabaseError, OSError) as second:
                raise Unavailable(NO_ROOM) from second
            self._note(given_up)
        else:
            raise Unavailable(_reason(error)) from error

    def _open(self) -> None:
        try:
            self._store = self._store_with_room()
        except DatabaseError as error:
            if not engine.is_corrupt(error):
                raise Unavailable(_reason(error)) from error
            self._begin_anew(str(error.orig))
        store = self._opened()
        if store.said:
            self._note(store.said)
        store.keep_reserve()

    def _store_with_room(self) -> Store:
        """On a full disk, a migration uses the reserved space."""
        try:
            return Store(self._folder)
        except DatabaseError as error:
            if not engine.is_full(error):
                raise
        give_up_reserve(self._folder)
        return Store(self._folder)

    def _begin_anew(self, why: str) -> None:
        self._close()
        aside = engine.set_aside(self._path)
        self._store = Store(self._folder)
        self._note(BROKEN.format(why=why.splitlines()[0], name=aside.name))

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = self._queries = None  # the reading thread reopens its own

    def _opened(self) -> Store:
        if self._store is None:
            self._open()
        assert self._store is not None
        return self._store

    # ---------------------------------------------------------------- in the reading thread
    def _reader(self) -> Queries:
        queries = self._queries
        if queries is None:
            self._queries = queries = Queries(self._path)
        return queries


def _is_full(error: DatabaseError | OSError) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return engine.is_full(error)


def _reason(error: DatabaseError | OSError) -> str:
    if _is_full(error):
        return NO_ROOM
    return f"the event database cannot be used: {error.orig if isinstance(error, DatabaseError) else error.strerror}"
