"""Damage of every kind to the state files, and a full disk."""

import errno
import json
import os
import resource
import signal
from pathlib import Path
from typing import Any

import pytest

from config.store import ASIDE_KEPT, FIRST, LARGEST, Store

GOOD = {"frameRate": 20}
NEWER = json.dumps({"version": FIRST + 1, "values": {"frameRate": 1}}).encode()
DAMAGE = {
    "empty": b"",
    "cut off": b'{"version": 1, "values": {"frameRa',
    "garbage": bytes(range(256)),
    "zeros, as after a power cut": b"\0" * 4096,
    "not an object": b"[1]",
    "no version": b'{"values": {}}',
    "values of a wrong kind": b'{"version": 1, "values": 5}',
    "nested beyond reason": b"[" * 100_000,
    "a newer program's": NEWER,
    "too large": b" " * (LARGEST + 1),
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "settings.json")


def test_nothing_there(store: Store) -> None:
    loaded = store.load()
    assert (loaded.values, loaded.notes, loaded.found, loaded.damaged) == ({}, (), False, False)


def test_what_was_saved_is_loaded_and_private(store: Store) -> None:
    store.save(GOOD)
    assert store.load().values == GOOD
    assert store.load().notes == ()
    assert store.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_set_aside_and_the_last_good_one_used(store: Store, damage: bytes) -> None:
    store.save(GOOD)
    store.save({"frameRate": 25})
    store.path.write_bytes(damage)
    loaded = store.load()
    assert (loaded.values, loaded.found, loaded.damaged) == (GOOD, True, True)
    assert "set aside" in loaded.notes[0]
    assert "last good" in loaded.notes[-1]
    [aside] = store.path.parent.glob("settings.json.aside-*")
    assert aside.read_bytes() == damage  # nothing is lost
    assert store.load().values == GOOD  # and the same again, should we end now


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_both_damaged(store: Store, damage: bytes) -> None:
    store.path.write_bytes(damage)
    store.last.write_bytes(b"{")
    loaded = store.load()
    assert (loaded.values, loaded.found, loaded.damaged) == ({}, False, True)
    assert len(loaded.notes) == 2
    store.save(GOOD)
    assert store.load().notes == ()


def test_a_newer_file_is_named_as_that(store: Store) -> None:
    store.path.write_bytes(NEWER)
    assert "newer version of this program" in store.load().notes[0]


def test_a_directory_in_its_place(store: Store) -> None:
    store.path.mkdir()
    assert "cannot be read" in store.load().notes[0]
    store.save(GOOD)
    assert store.load().values == GOOD


def test_a_forbidden_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by hand, because root may read everything."""
    store.save(GOOD)
    store.save({"frameRate": 25})
    really_open = Path.open

    def open_(path: Path, *rest: Any) -> Any:
        if path == store.path:
            raise PermissionError(errno.EACCES, "Permission denied")
        return really_open(path, *rest)

    monkeypatch.setattr(Path, "open", open_)
    loaded = store.load()
    assert "cannot be read: Permission denied" in loaded.notes[0]
    assert loaded.values == GOOD


def test_damage_is_never_kept_as_the_last_good_one(store: Store) -> None:
    store.save(GOOD)
    store.save({"frameRate": 25})
    store.path.write_bytes(b"garbage")
    store.save({"frameRate": 26})
    assert json.loads(store.last.read_bytes())["values"] == GOOD


def test_files_set_aside_do_not_pile_up(store: Store) -> None:
    for _ in range(ASIDE_KEPT + 4):
        store.path.write_bytes(b"garbage")
        store.load()
    assert len(list(store.path.parent.glob("*.aside-*"))) == ASIDE_KEPT


def test_a_disk_that_takes_nothing_leaves_the_old_file(store: Store) -> None:
    """A child process with a file size limit of a few bytes, which is what a full disk looks like to ``write``."""
    store.save(GOOD)
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))
        try:
            store.save({"frameRate": 25, "rtspPath": "/x" * 30})
        except OSError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert store.load().values == GOOD
    assert store.load().notes == ()
    assert not list(store.path.parent.glob(".settings.json.*"))


def test_an_end_at_any_point_of_a_save_leaves_the_old_or_the_new(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(BaseException):
        pass

    for call in ("link", "replace", "fsync"):
        store.save(GOOD)

        def end(*_: object) -> None:
            raise Ended

        with monkeypatch.context() as patched:
            patched.setattr(os, call, end)
            with pytest.raises(Ended):
                store.save({"frameRate": 25})
        assert store.load().values in (GOOD, {"frameRate": 25}), call
        assert store.load().notes == ()


# ---------------------------------------------------------------- former versions
STEPS = (
    lambda values: {"rate": values["frameRate"]},  # to version 2
    lambda values: {**values, "unit": "fps"},  # to version 3
)


@pytest.fixture
def newer(store: Store) -> Store:
    store.save(GOOD)
    return Store(store.path, STEPS)


def test_a_former_version_is_brought_up_to_date(newer: Store) -> None:
    loaded = newer.load()
    assert (loaded.values, loaded.notes, loaded.found) == ({"rate": 20, "unit": "fps"}, (), True)


def test_the_first_save_keeps_the_former_file(newer: Store, tmp_path: Path) -> None:
    newer.save({"rate": 21, "unit": "fps"})
    newer.save({"rate": 22, "unit": "fps"})
    assert newer.load().values["rate"] == 22
    assert json.loads(newer.path.read_text())["version"] == 3
    assert Store(tmp_path / "settings.json.v1").load().values == GOOD
    assert (tmp_path / "settings.json.v1").stat().st_mode & 0o777 == 0o600


def test_the_last_good_one_may_be_of_a_former_version(newer: Store) -> None:
    newer.save({"rate": 21, "unit": "fps"})
    newer.path.write_bytes(b"garbage")
    assert newer.load().values == {"rate": 20, "unit": "fps"}


def test_a_former_program_sets_a_newer_file_aside(newer: Store, store: Store) -> None:
    newer.save({"rate": 21, "unit": "fps"})
    loaded = store.load()
    assert loaded.values == GOOD  # its own last good one
    assert "format 3, this one knows 1" in loaded.notes[0]
