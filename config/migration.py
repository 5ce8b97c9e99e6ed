"""SQLite databases that know their version (``PRAGMA user_version``) and are brought up to date when they are opened.

A store has a schema (the statements that make a new one) and a tuple of steps. Step n makes version n out of n-1;
version 0 is a new file, or one of release 0.1.0, which wrote no version. New tables, columns and indexes need no code:
what the schema has and the file has not is added, so their step is ``additive``. A step is never changed once it was
released. All of them and the version are one transaction, and what was there before is kept as NAME.vN.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

Step = Callable[[sqlite3.Connection], None]  # uses ``execute`` only: ``executescript`` would end the transaction


class UnfitError(sqlite3.DatabaseError):
    """A database that is sound, but not ours or not of this program; the text says why."""


def additive(_connection: sqlite3.Connection) -> None:
    """A step that only adds to the schema."""


def migrate(connection: sqlite3.Connection, path: Path, schema: str, steps: tuple[Step, ...]) -> str:
    """Bring the open database at ``path`` to version ``len(steps)``.

    Returns: a sentence where a former version was changed, else "".

    Raises:
        UnfitError: a newer program wrote it, or it lacks what cannot be made up.
        sqlite3.Error: it was not possible; the database is as it was.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version, before = _number(connection, "user_version"), _state(connection)
        if version > len(steps):
            raise UnfitError(
                f"it was written by a newer version of this program (format {version}, this one knows {len(steps)})"
            )
        new = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        for step in () if new else steps[version:]:
            _take(step, connection)
        _complete(connection, schema)
        changed, said = _state(connection) != before, ""
        if version == len(steps) and not changed:
            connection.rollback()  # a full disk is no reason not to open it
            return ""
        if changed and not new:
            what = "lacked a part and was completed" if version == len(steps) else f"is now in format {len(steps)}"
            said = f"{path.name} {what}; {_keep(path, version)}"
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return said


def copies(path: Path) -> list[Path]:
    """What ``migrate`` kept of former versions of ``path``: the last one."""
    return [copy for copy in path.parent.glob(f"{path.name}.v*") if copy.name[len(path.name) + 2 :].isdecimal()]


def _take(step: Step, connection: sqlite3.Connection) -> None:
    try:
        step(connection)
    except sqlite3.OperationalError as error:
        if "no such" in str(error):  # table or column
            raise UnfitError(str(error)) from error
        raise


def _keep(path: Path, version: int) -> str:
    """Copy what is committed; which was not possible on a full disk is said, and no reason to stop the device."""
    copy = path.with_name(f"{path.name}.v{version}")
    partial = copy.with_name(f".{copy.name}.part")
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(partial)) as target,
        ):
            source.backup(target)
        partial.chmod(0o600)
        os.replace(partial, copy)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        return f"no copy of the previous one could be kept ({error})"
    for former in copies(path):
        if former != copy:
            former.unlink(missing_ok=True)
    return f"the previous one is kept as {copy.name}"


def _complete(connection: sqlite3.Connection, schema: str) -> None:
    """Add what ``schema`` has and the database has not."""
    with contextlib.closing(sqlite3.connect(":memory:")) as wanted:
        wanted.executescript(schema)
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        made = wanted.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        for kind, name, statement in sorted(made, key=lambda row: row[0] == "index"):  # tables first
            if name not in there:
                connection.execute(statement)
            elif kind == "table":
                _add_columns(connection, name, wanted)


def _add_columns(connection: sqlite3.Connection, table: str, wanted: sqlite3.Connection) -> None:
    there = {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}
    for _, name, kind, required, default, key in wanted.execute(f'PRAGMA table_info("{table}")'):
        if name in there:
            continue
        if key or (required and default is None):
            raise UnfitError(f"the table {table} has no column {name}")
        rule = " NOT NULL" if required else ""
        rule += "" if default is None else f" DEFAULT {default}"
        connection.execute(f'ALTER TABLE "{table}" ADD COLUMN "{name}" {kind}{rule}')


def _state(connection: sqlite3.Connection) -> tuple[int, int]:
    """Another one after any change."""
    return _number(connection, "schema_version"), connection.total_changes


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
