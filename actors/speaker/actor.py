"""The speaker: talk-back and text-to-speech."""

import time

from actors.runtime.actor import Actor, handles
from actors.speaker.sinks import open_sink
from actors.speaker.tts import Espeak, is_installed
from actors.speaker.worker import SpeakerWorker
from config.clock import unix_ms
from models.errors import Conflict, Invalid, LimitReached, Unavailable
from models.media.pcm import RATE
from models.media.source_address import parse_speaker
from models.media.talk_back import LOCK_S, TalkLock
from models.media.tts_text import SPEAK_EVERY_S, clean, is_voice
from models.messages import Ok
from models.messages.speaker import (
    GetSpeaker,
    Speak,
    SpeakerView,
    Speaking,
    SpeakResult,
    TalkChunk,
)

CHUNK_MAX = 16_384  # bytes
DEAF_AFTER_MS = 500  # the room still rings
TALK_AHEAD_MS = int(LOCK_S * 1000) + 400  # buffered sound that a talker may leave behind
NO_SPEAKER = "There is no speaker: connect one, or start with --speaker wav:DIRECTORY"


class Speaker(Actor):
    oom_score = 700

    async def on_start(self) -> None:
        sink = open_sink(parse_speaker(self.boot.speaker))
        self._sink = sink.title if sink else "none"
        self._state = "ready" if sink else "none"
        self._reason = "" if sink else NO_SPEAKER
        self._talkers = TalkLock()
        self._spoken_at = -SPEAK_EVERY_S
        self._told_until = 0
        self._executor = self.executor("text-to-speech")
        self._espeak: Espeak | None = None
        self._worker: SpeakerWorker | None = None
        if sink is not None:
            self._worker = SpeakerWorker(sink, self._on_state, self._on_failure)
            self.start_worker(self._worker)
        self._show()
        self.log.info("speaker", sink=self._sink, tts=is_installed())

    def _player(self) -> SpeakerWorker:
        if self._worker is None:
            raise Unavailable(NO_SPEAKER)
        return self._worker

    def _on_state(self, state: str) -> None:
        self._state = state
        self._show()
        if state == "ready":
            self._hush(False, unix_ms() + DEAF_AFTER_MS)

    def _on_failure(self, reason: str) -> None:
        self._reason = reason
        self.log.warning("nothing was played", reason=reason)
        self.degraded(reason)
        self._show()

    def _hush(self, speaking: bool, until_ms: int) -> None:
        """Tell the sound detectors until when the device hears itself."""
        self._told_until = until_ms
        self.publish_state(Speaking(speaking, until_ms))

    def _show(self) -> None:
        self.publish_state(self._view())

    @handles(GetSpeaker)
    def _get(self, _: GetSpeaker) -> SpeakerView:
        return self._view()

    def _view(self) -> SpeakerView:
        return SpeakerView(self._state, self._sink, self._worker is not None and is_installed(), self._reason)

    # ---------------------------------------------------------------- talk-back
    @handles(TalkChunk)
    def _talk(self, chunk: TalkChunk) -> Ok:
        player = self._player()
        if len(chunk.pcm) % 2 or len(chunk.pcm) > CHUNK_MAX:
            raise Invalid("Sound must be PCM s16le mono 16 kHz, at most 16 KiB per message")
        if not self._talkers.take(chunk.talker, time.monotonic()):
            raise Conflict("Somebody else is talking")
        if chunk.end:
            self._talkers.release(chunk.talker)
        self._well()
        player.talk(chunk.pcm, chunk.end)
        now = unix_ms()
        if self._told_until - now < TALK_AHEAD_MS:
            self._hush(True, now + TALK_AHEAD_MS + 2 * DEAF_AFTER_MS)
        return Ok()

    def _well(self) -> None:
        self._reason = ""
        self.degraded("")

    # ---------------------------------------------------------------- text-to-speech
    @handles(Speak, max_concurrency=4)
    async def _speak(self, message: Speak) -> SpeakResult:
        player = self._player()
        text = clean(message.text)
        if not text:
            raise Invalid("There is nothing to say")
        if message.voice and not is_voice(message.voice):
            raise Invalid("Unknown voice")
        now = time.monotonic()
        if (wait_s := self._spoken_at + SPEAK_EVERY_S - now) > 0:
            raise LimitReached("Only one sentence every five seconds", retryAfterMs=int(wait_s * 1000) + 1)
        if self._talkers.held(now):
            raise Conflict("Somebody is talking")
        before, self._spoken_at = self._spoken_at, now
        try:
            pcm = await self._executor.run(self._synthesise, text, message.voice, message.volume)
        except (Invalid, Unavailable):
            self._spoken_at = before
            raise
        self._well()
        duration_ms = len(pcm) // 2 * 1000 // RATE
        self._hush(True, unix_ms() + duration_ms + DEAF_AFTER_MS)
        player.speak(pcm)
        return SpeakResult(duration_ms)

    def _synthesise(self, text: str, voice: str, volume: int) -> bytes:
        if self._espeak is None:
            self._espeak = Espeak()
        return self._espeak.say(text, voice, volume)
