"""The sound of clips: AAC as the encoder makes it for RTSP, or made here where RTSP carries something else."""

from collections.abc import Callable

import numpy as np

from actors.runtime.actor import Actor
from actors.shared.media.audio_encoder import AudioEncoder
from models.clips import Sound
from models.media.ring import FORMAT_AAC, Entry


class SoundTrack:
    """Follows the right ring for as long as it lives."""

    def __init__(self, actor: Actor, deliver: Callable[[Sound], None]) -> None:
        self._deliver = deliver
        self._encoder: AudioEncoder | None = None
        encoded = actor.boot.rtsp.audio_codec == "aac"
        self._reader = actor.ring_reader("audio" if encoded else "pcm")
        actor.lease("encoder" if encoded else "microphone", self._reader.name)

    async def follow(self) -> None:
        self._reader.seek_end()
        await self._reader.follow(self._take, in_order=True)

    def _take(self, entry: Entry) -> None:
        if entry.format == FORMAT_AAC:
            return self._deliver(Sound(entry.pts, entry.data))
        if self._encoder is None or not self._encoder.continues(entry.pts):
            self._encoder = AudioEncoder("aac")
        for frame in self._encoder.feed(np.frombuffer(entry.data, np.int16), entry.pts):
            self._deliver(Sound(frame.pts, frame.data))
