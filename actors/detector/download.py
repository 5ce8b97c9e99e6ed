"""Downloads one pinned file from a mirror or its sources: resumed, checked, and only then renamed to its name."""

import http.client
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from config.weights.catalogue import WeightsFile
from config.weights.store import fault

TIMEOUT_S = 20.0  # of each address of a source, and between two chunks
CHUNK = 64 << 10
Progress = Callable[[int], object]  # bytes so far; restarts with each source


class _RefusedError(Exception):
    """This source cannot be used."""


FAILURES = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError, _RefusedError)


class DownloadError(Exception):
    """No source has the file; the text says why, for each source."""


def sources(model: WeightsFile, mirror: str) -> Iterator[str]:
    """The owner's mirror (a base URL or a directory) before the pinned URLs."""
    if mirror:
        yield f"{mirror.rstrip('/')}/{model.file}"
    yield from model.urls


def fetch(model: WeightsFile, target: Path, mirror: str, progress: Progress) -> str:
    """Download the file to ``target``; returns its source. An interrupted download is resumed.

    Raises:
        DownloadError: no source has it, or not the right one.
        OSError: it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    complaints = []
    for source in sources(model, mirror):
        progress(0)
        try:
            _take(source, partial, model.bytes, progress)
        except FAILURES as error:
            complaints.append(f"{_place(source)}: {getattr(error, 'reason', None) or error}")
            continue
        if wrong := fault(partial, model):
            partial.unlink()
            complaints.append(f"{_place(source)}: {wrong}")
            continue
        partial.replace(target)
        return source
    raise DownloadError("; ".join(complaints))


def _place(source: str) -> str:
    return urllib.parse.urlsplit(source).netloc or source


def _take(source: str, partial: Path, size: int, progress: Progress) -> None:
    if "://" not in source:
        _copy(Path(source), partial, progress)
        return
    if not source.startswith(("https://", "http://")):
        raise _RefusedError("not a URL")
    have = partial.stat().st_size if partial.exists() else 0
    if have >= size:
        have = 0  # it is not the beginning of our file
    request = urllib.request.Request(source, headers={"User-Agent": "ipcamera"})  # noqa: S310 - checked above
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - checked above
        resumed = have and answer.status == 206
        with partial.open("ab" if resumed else "wb") as file:
            _pump(answer, file, have if resumed else 0, size, progress)


def _pump(answer: IO[bytes], file: IO[bytes], have: int, size: int, progress: Progress) -> None:
    progress(have)
    while chunk := answer.read(CHUNK):
        have += len(chunk)
        if have > size:
            raise _RefusedError(f"more than {size} bytes")
        file.write(chunk)
        progress(have)
    if have < size:  # the partial file is kept, to be resumed
        raise _RefusedError(f"ended after {have} of {size} bytes")


def _copy(source: Path, partial: Path, progress: Progress) -> None:
    if not source.is_file():
        raise _RefusedError("no such file")
    shutil.copyfile(source, partial)
    progress(partial.stat().st_size)
