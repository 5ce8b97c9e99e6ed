"""Stand-ins for the rooms that the media actors talk to, so that they can be run without the whole program."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from actors.runtime.actor import Actor, handles
from models.events import Event
from models.messages import Ask, Message, Ok, State
from models.messages.camera import CameraView, Capabilities, CaptureReady
from models.messages.encoder import ENCODER, RequestKeyframe, VideoView
from models.messages.event_log import RecordSystem
from models.messages.media import MediaOwner
from models.messages.microphone import MicrophoneView
from models.messages.speaker import SPEAKER, Speaking, TalkChunk


@dataclass(frozen=True, slots=True)
class Hold(Ask[Any, Ok]):
    owner: MediaOwner
    ring: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class Keyframe(Ask[Any, Ok]): ...


@dataclass(frozen=True, slots=True)
class Talk(Ask[Any, Ok]):
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
    """Holds leases, talks, and writes down what the others publish."""

    @handles(Hold)
    def _hold(self, message: Hold) -> None:
        if message.on:
            self.lease(message.owner, message.ring)
        else:
            self.release(message.owner, message.ring)

    @handles(Keyframe)
    def _keyframe(self, _: Keyframe) -> None:
        self.actor(ENCODER).tell(RequestKeyframe())

    @handles(Talk, max_concurrency=1)  # it hears the speaker meanwhile
    async def _talk(self, message: Talk) -> None:
        piece = b"\x00\x10\x00\xf0" * 320
        for number in range(message.milliseconds // 40):
            last = (number + 1) * 40 >= message.milliseconds
            await self.actor(SPEAKER).ask(TalkChunk(message.talker, piece, end=last))
            await asyncio.sleep(0.04)

    @handles(CameraView)
    @handles(Capabilities)
    @handles(MicrophoneView)
    @handles(Speaking)
    @handles(VideoView)
    def _state(self, _: State | None, new: State) -> None:
        self._note(new)

    @handles(CaptureReady)
    def _note(self, message: Message) -> None:
        with (self.boot.data_dir / "news").open("a") as file:
            file.write(f"{message!r}\n")
