"""One tier as RTSP serves it: its presentation, its players, and its demand for media."""

import asyncio
import contextlib
import secrets
import time
from typing import Protocol

from actors.rtsp.limits import AUDIO_RETRY_S, AUDIO_WAIT_S, CATCH_UP_S, CAUGHT_UP_S, FIRST_PICTURE_S, LINGER_S
from actors.rtsp.senders import Sender
from models.media.ring import Entry
from models.media.tier import Tier
from models.rtp.track import Unit
from models.rtsp.presentation import Presentation, Seeds
from models.rtsp.url import AUDIO, VIDEO


class StreamHooks(Protocol):
    """What a stream needs from the actor."""

    @property
    def streaming(self) -> bool:
        """The setting ``streaming``."""

    @property
    def sound(self) -> bool:
        """Whether an audio track can be described."""

    def obeys(self, tier: Tier) -> bool:
        """Whether an IDR can be requested: from encoders yes, from cameras no."""

    def want_media(self, tier: Tier, wanted: bool) -> None: ...
    def request_keyframe(self, tier: Tier) -> None: ...


class StreamServer(Protocol):
    """What a stream needs of its server."""

    @staticmethod
    def now() -> float: ...
    @property
    def on_air(self) -> bool:
        """Whether anything is served at all."""

    def playing(self, stream: "Stream") -> list[dict[int, Sender]]:
        """The senders of each session that plays it, by track."""

    def look_at_queues(self, now: float) -> None: ...


class Stream:
    def __init__(self, server: StreamServer, host: StreamHooks, tier: Tier) -> None:
        self.tier = tier
        self._hooks = host
        self.presentation = Presentation(_seeds())
        self._server = server
        self._playing: dict[int, list[Sender]] = {VIDEO: [], AUDIO: []}
        self._news = asyncio.Event()  # set, and replaced, at each keyframe and each first sound
        self._at_present = asyncio.Event()  # the ring's content at the start of the media has been read
        self._media_until = 0.0
        self._wants_media = False
        self._no_sound_since: float | None = None

    # ---------------------------------------------------------------- media in, packets out
    def feed_video(self, entry: Entry) -> None:
        unit = self.presentation.feed_video(entry)
        if unit is None:
            if self.presentation.waits_for_key:
                self.request_keyframe()
            return
        self._publish(VIDEO, unit)
        if not self._at_present.is_set() and time.monotonic_ns() - entry.pts < CAUGHT_UP_S * 1e9:
            self._at_present.set()
        if unit.key:
            self._tell_waiting()

    def feed_audio(self, entry: Entry) -> None:
        first = self.presentation.audio_format is None
        unit = self.presentation.feed_audio(entry)
        if unit is not None:
            self._no_sound_since = None
            self._publish(AUDIO, unit)
            if first:
                self._tell_waiting()

    def _publish(self, track: int, unit: Unit) -> None:
        now = self._server.now()
        self._server.look_at_queues(now)
        for sender in self._playing[track]:
            sender.send(unit, now)

    def sessions_changed(self) -> None:
        playing = self._server.playing(self)
        self._playing = {track: [of[track] for of in playing if track in of] for track in (VIDEO, AUDIO)}

    def request_keyframe(self) -> None:
        self._hooks.request_keyframe(self.tier)

    @property
    def streaming(self) -> bool:
        return self._hooks.streaming

    @property
    def sound(self) -> bool:
        return self._hooks.sound

    @property
    def obeys(self) -> bool:
        return self._hooks.obeys(self.tier)

    def _tell_waiting(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def wait_for_news(self, timeout_s: float) -> bool:
        """Wait for a keyframe or the first sound; False after ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def caught_up(self) -> None:
        """Wait briefly until the newest picture is a current one; a player that starts earlier would stay behind."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP_S):
                await self._at_present.wait()

    # ---------------------------------------------------------------- demand
    async def described(self) -> bool:
        """Start the media and wait until the description is complete; False: no picture, or streaming is off."""
        if not self.streaming:
            return False
        self.demand(LINGER_S)
        begin = self._server.now()
        while self.presentation.video_format is None:
            self.request_keyframe()
            left = begin + FIRST_PICTURE_S - self._server.now()
            if left <= 0:
                return False
            await self.wait_for_news(min(left, 1.0))
        await self._sound_described(begin)
        return True

    async def _sound_described(self, begin: float) -> None:
        now = self._server.now
        lately = self._no_sound_since is not None and now() - self._no_sound_since < AUDIO_RETRY_S
        if not self.sound or lately:
            return
        while self.presentation.audio_format is None:
            left = begin + AUDIO_WAIT_S - now()
            if left <= 0:
                self._no_sound_since = now()  # apparently no microphone: the next viewer need not wait for it
                return
            await self.wait_for_news(left)

    def demand(self, for_s: float = 0.0) -> None:
        """Keep the media running for ``for_s`` seconds, and as long as somebody plays."""
        now = self._server.now()
        self._media_until = max(self._media_until, now + for_s)
        asked_for = now < self._media_until or bool(self._server.playing(self))
        wanted = self._server.on_air and self.streaming and asked_for
        if wanted != self._wants_media:
            self._wants_media = wanted
            if not wanted:
                self.presentation.pause()
                self._at_present.clear()
            self._hooks.want_media(self.tier, wanted)


def _seeds() -> Seeds:
    def three() -> tuple[int, int, int]:
        return secrets.randbits(32), secrets.randbits(16), secrets.randbits(32)

    return Seeds(three(), three())
