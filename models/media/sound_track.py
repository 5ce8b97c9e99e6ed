"""Encoded sound between the camera's connection and the decoder: self-describing records.

The process that owns the connection to a network camera writes the ring ``sound``. Each record is two bytes of
length, a description in JSON of that length, and one packet. A reader can begin at any record.
"""

import base64
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """``codec``: FFmpeg's name; ``rate`` Hz and ``channels`` as announced; ``extradata``: e.g. AudioSpecificConfig."""

    codec: str
    rate: int
    channels: int = 1
    extradata: bytes = b""
    bits: int = 0  # per coded sample, where the codec's name does not say it

    def head(self) -> bytes:
        """What stands before each packet."""
        said = {
            "codec": self.codec,
            "rate": self.rate,
            "channels": self.channels,
            "extradata": base64.b64encode(self.extradata).decode(),
            "bits": self.bits,
        }
        text = json.dumps(said, separators=(",", ":")).encode()
        return len(text).to_bytes(2, "big") + text


def split(record: bytes) -> tuple[bytes, bytes]:
    """(head, packet) of a record."""
    end = 2 + int.from_bytes(record[:2], "big")
    return record[:end], record[end:]


def parse_head(head: bytes) -> SoundTrack:
    said = json.loads(head[2:])
    return SoundTrack(said["codec"], said["rate"], said["channels"], base64.b64decode(said["extradata"]), said["bits"])
