"""Replaces the content of a directory as a whole: a kill at any moment leaves the old content or the new one.

The directory itself may be a mount point, which cannot be renamed. So the new content is staged in it (``.replace``),
and moved into place in repeatable steps: ``finish``, called before the directory is used.
"""

import os
import shutil
import time
from pathlib import Path

STAGE = ".replace"  # committed: it will be completed, whatever happens
PREPARED = ".replace-part"  # not yet
NEW, PLACING, OLD = "new", "placing", "old"
KEPT = "before-restore-{time}"
STAYS = ("models", "run.json")  # belongs to this device


def prepare(directory: Path) -> Path:
    """An empty directory for the new content."""
    staged = directory / PREPARED
    shutil.rmtree(staged, ignore_errors=True)
    (staged / NEW).mkdir(mode=0o700, parents=True)
    return staged / NEW


def commit(directory: Path) -> Path | None:
    """Replace everything else by what was prepared. Returns where the old content is now, None if there was none.

    Raises:
        OSError: ``finish`` continues it.
    """
    os.rename(directory / PREPARED, directory / STAGE)
    _sync(directory)
    return finish(directory)


def abandon(directory: Path) -> None:
    """Discard what was prepared."""
    shutil.rmtree(directory / PREPARED, ignore_errors=True)


def finish(directory: Path) -> Path | None:
    """Continue a committed replacement, if there is one."""
    stage = directory / STAGE
    if not stage.is_dir():
        return None
    if (stage / NEW).is_dir():
        (stage / OLD).mkdir(mode=0o700, exist_ok=True)
        for path in list(directory.iterdir()):
            if path.name not in (STAGE, PREPARED, *STAYS) and not path.name.startswith(KEPT.partition("{")[0]):
                os.rename(path, stage / OLD / path.name)
        _sync(directory)
        os.rename(stage / NEW, stage / PLACING)
    if (stage / PLACING).is_dir():
        for path in list((stage / PLACING).iterdir()):
            os.rename(path, directory / path.name)
        _sync(directory)
        (stage / PLACING).rmdir()
    return _keep_old(directory, stage)


def _keep_old(directory: Path, stage: Path) -> Path | None:
    kept = None
    if (stage / OLD).is_dir() and any((stage / OLD).iterdir()):
        for former in directory.glob(KEPT.format(time="*")):
            shutil.rmtree(former, ignore_errors=True)
        kept = directory / KEPT.format(time=time.strftime("%Y%m%d-%H%M%S"))
        os.rename(stage / OLD, kept)
    shutil.rmtree(stage)
    return kept


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
