"""One recording on disk while it grows, and its completion: an ordinary MP4 with its index in front.

``clips/open`` holds for each recording ID.mp4 (fragmented, can be played up to its last whole fragment) and ID.json
(its metadata). A finished file is written beside it and renamed. ID.json is deleted last, when the event log has the
clip: anything found there at a start is completed then.
"""

import contextlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import av

from actors.recorder import limits
from models.clips import MILLISECOND, Clip, Kind, stretches
from models.media import fmp4
from models.media.fmp4 import Picture, Sample

FOLDER = "clips"  # in the data directory
OPEN = "open"  # in it
INDEX_BYTES = 64  # of a finished file, for each sample, at most
HEAD_BYTES = 4096

Part = tuple[int, int, int, bool]  # offset, bytes, ms, begins with an IDR
Boxes = Sequence[tuple[int, list[list[object]]]]  # ms, of each object: track, class, confidence, x, y, w, h


@dataclass(slots=True)
class About:
    """What is known of a recording beside its pictures; stored as JSON."""

    id: str
    kind: Kind
    start: int
    run_up_ms: int
    moment: int
    width: int
    height: int
    codec: str
    sound: bool
    types: list[str] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    head: int = 0
    tries: int = 0  # lives that have begun to finish it


class Growing:
    """One thread. Raises OSError."""

    def __init__(self, data_dir: Path, about: About, picture: Picture) -> None:
        folder = data_dir / FOLDER / OPEN
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.about = about
        self.path = folder / f"{about.id}.mp4"
        self.parts: list[Part] = []
        head = fmp4.head(picture, about.sound)
        about.head = self.written = len(head)
        self._number = 0
        note(data_dir, about)
        self._file = self.path.open("xb", buffering=0)
        self._put(head)

    def append(self, video: list[Sample], until: int, audio: list[Sample]) -> None:
        """One fragment, on disk when this returns; a part of one that a full disk cut off is taken back."""
        self._number += 1
        data = fmp4.fragment(self._number, video, until, audio)
        try:
            self._put(data)
            os.fdatasync(self._file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(self.written)
            raise
        begin = video[0].at if video else until
        self.parts.append((self.written, len(data), (until - begin) // MILLISECOND, bool(video and video[0].key)))
        self.written += len(data)

    def close(self) -> None:
        self._file.close()

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]


def note(data_dir: Path, about: About) -> None:
    """What it is has changed. Raises OSError."""
    _write(data_dir / FOLDER / OPEN / f"{about.id}.json", json.dumps(asdict(about)).encode())


def _write(path: Path, data: bytes) -> None:
    partial = path.with_suffix(".part")
    partial.write_bytes(data)
    os.replace(partial, path)


# -------------------------------------------------------------------- its end
def orphans(data_dir: Path) -> list[About]:
    """Recordings that a former life has left; what cannot be read is deleted."""
    folder, found = data_dir / FOLDER / OPEN, []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(About(**json.loads(path.read_text())))
        except (ValueError, TypeError):
            path.unlink(missing_ok=True)
    for about in found:
        about.tries += 1  # one that ends its finisher is not tried for ever
        note(data_dir, about)
    found = [about for about in found if about.tries <= limits.FINISH_TRIES]
    known = {about.id for about in found}
    for path in folder.glob("*"):
        if path.stem not in known or path.suffix not in (".json", ".mp4"):
            path.unlink(missing_ok=True)
    return found


def finish(data_dir: Path, about: About, parts: list[Part] | None = None, boxes: Boxes = ()) -> Clip | None:
    """The clip, its file complete and in its place; None where there is not one picture in it. Raises OSError.

    ``parts`` None: it is looked for what the file holds. Asked again after a crash it does the same once more.
    """
    grown = data_dir / FOLDER / OPEN / f"{about.id}.mp4"
    name = f"{FOLDER}/{about.id}.mp4"
    final = data_dir / name
    size = grown.stat().st_size if grown.exists() else 0
    rows = parts if parts is not None else list(scan(grown)) if size else []
    clip = Clip(
        about.id, about.kind, about.start, 0, about.run_up_ms, about.moment, tuple(sorted(set(about.types))),
        tuple(sorted(set(about.events))), 0, about.width, about.height, about.codec, about.sound, name, size,
    )  # fmt: skip
    if not rows and not final.exists():
        return None
    if about.kind == "continuous":
        if not final.exists():
            os.truncate(grown, rows[-1][0] + rows[-1][1])
            os.replace(grown, final)
        rows = rows or list(scan(final))
        joined = tuple(stretches(rows, limits.STRETCH_MS))
        clip = replace(clip, head=about.head, parts=joined, duration_ms=sum(ms for _, _, ms in joined), written=0)
    elif rows:
        try:
            _remux(grown, final)
        except (OSError, av.error.FFmpegError):  # no room for two of it: as it is it can be played too
            os.truncate(grown, rows[-1][0] + rows[-1][1])
            os.replace(grown, final)
            clip = replace(clip, written=0)
    if boxes:
        _write(final.with_suffix(".json"), json.dumps(boxes, separators=(",", ":")).encode())
    length = clip.duration_ms or _duration_ms(final)
    total = final.stat().st_size
    return replace(clip, bytes=total, duration_ms=length, written=clip.written + total)


def forget(data_dir: Path, clip_id: str) -> None:
    """The event log has it: what it was made of goes."""
    path = data_dir / FOLDER / OPEN / f"{clip_id}.mp4"
    path.unlink(missing_ok=True)
    path.with_suffix(".json").unlink(missing_ok=True)


def scan(path: Path) -> list[Part]:
    """(offset, bytes, ms, begins with an IDR) of every whole fragment of a file that was ours."""
    found: list[Part] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size:
            file.seek(at)
            length, kind = _header(file.read(8))
            if kind != b"moof":
                at += max(8, length)
                continue
            moof = file.read(length - 8)
            following = file.read(8)
            data, name = _header(following) if len(following) == 8 else (0, b"")
            if name != b"mdat" or at + length + data > size:
                break
            found.append((at, length + data, *fmp4.span(moof)))
            at += length + data
    return found


def _header(data: bytes) -> tuple[int, bytes]:
    return int.from_bytes(data[:4], "big"), data[4:8]


def _remux(source: Path, target: Path) -> None:
    """The same samples as an ordinary MP4: the index in front, in room that is kept for it. Written beside, renamed."""
    partial = target.with_suffix(".part")
    try:
        counts = _packets(source)
        room = {"moov_size": str(HEAD_BYTES + INDEX_BYTES * counts.total())}
        with av.open(str(source)) as given, av.open(str(partial), "w", format="mp4", options=room) as made:
            streams = {index: made.add_stream_from_template(given.streams[index]) for index in sorted(counts)}
            for packet in given.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream_index]
                    made.mux(packet)
        descriptor = os.open(partial, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _packets(path: Path) -> Counter[int]:
    """How many there are of each stream."""
    with av.open(str(path)) as container:
        return Counter(packet.stream_index for packet in container.demux() if packet.dts is not None)


def _duration_ms(path: Path) -> int:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert video.duration is not None
        assert video.time_base is not None
        return round(video.duration * video.time_base * 1000)
