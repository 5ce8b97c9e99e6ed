"""Stand-ins for the rooms that the media actors talk to, so that they can be run without the whole program."""

import asyncio
import json
from dataclasses import dataclass

from actors.runtime.actor import Actor, handles
from models.events import Event
from models.messages import Ask, Ok
from models.messages.camera import CameraChanged, CapabilitiesChanged, CaptureReady
from models.messages.encoder import RequestKeyframe, VideoChanged
from models.messages.event_log import RecordSystem
from models.messages.microphone import MicrophoneChanged
from models.messages.speaker import SpeakingChanged, TalkChunk


@dataclass(frozen=True, slots=True)
class Hold(Ask[Ok]):
    owner: str
    ring: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class Keyframe(Ask[Ok]): ...


@dataclass(frozen=True, slots=True)
class Talk(Ask[Ok]):
    """Say zeros-and-ones of ``milliseconds`` in pieces of 40 ms."""

    talker: str
    milliseconds: int


class EventLog(Actor):
    """Writes the history into a file, one JSON object a line."""

    @handles(RecordSystem)
    def _record(self, message: RecordSystem) -> Event:
        with (self.boot.data_dir / "history").open("a") as file:
            file.write(json.dumps([message.kind, message.actor, message.text]) + "\n")
        return Event(0, 1, f"SYSTEM_{message.kind}", message.timestamp, {})


class Friend(Actor):
    """Holds leases, talks, and writes down the news it hears."""

    @handles(Hold)
    def _hold(self, message: Hold) -> None:
        if message.on:
            self.lease(message.owner, message.ring)
        else:
            self.release(message.owner, message.ring)

    @handles(Keyframe)
    def _keyframe(self, _: Keyframe) -> None:
        self.tell("encoder", RequestKeyframe())

    @handles(Talk)
    async def _talk(self, message: Talk) -> None:
        piece = b"\x00\x10\x00\xf0" * 320
        for number in range(message.milliseconds // 40):
            last = (number + 1) * 40 >= message.milliseconds
            await self.ask("speaker", TalkChunk(message.talker, piece, end=last))
            await asyncio.sleep(0.04)

    def _note(self, news: object) -> None:
        with (self.boot.data_dir / "news").open("a") as file:
            file.write(f"{news!r}\n")

    @handles(CameraChanged)
    def _camera(self, news: CameraChanged) -> None:
        self._note(news)

    @handles(CapabilitiesChanged)
    def _capabilities(self, news: CapabilitiesChanged) -> None:
        self._note(news)

    @handles(CaptureReady)
    def _capture(self, news: CaptureReady) -> None:
        self._note(news)

    @handles(VideoChanged)
    def _video(self, news: VideoChanged) -> None:
        self._note(news)

    @handles(MicrophoneChanged)
    def _microphone(self, news: MicrophoneChanged) -> None:
        self._note(news)

    @handles(SpeakingChanged)
    def _speaking(self, news: SpeakingChanged) -> None:
        self._note(news)
