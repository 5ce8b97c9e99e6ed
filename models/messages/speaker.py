"""The speaker's mailbox: talk-back and text-to-speech."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, Ok, Ref, State


class ToSpeaker:
    """Whom the messages of this file go to."""


SPEAKER: Ref[ToSpeaker] = Ref("speaker")


@dataclass(frozen=True, slots=True)
class SpeakerView(State):
    state: str  # ready, speaking, talking, none
    sink: str  # in words
    tts: bool  # espeak-ng is installed
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GetSpeaker(Ask[ToSpeaker, SpeakerView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class TalkChunk(Ask[ToSpeaker, Ok]):
    """PCM s16le mono 16 kHz, at most 16 KiB. ``conflict`` while another ``talker`` holds the lock (700 ms)."""

    talker: str
    pcm: bytes
    end: bool = False


@dataclass(frozen=True, slots=True)
class SpeakResult:
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Speak(Ask[ToSpeaker, SpeakResult]):
    """Text-to-speech; answered when it begins. ``limit_reached`` with retryAfterMs within 5 s of the last one."""

    text: str
    voice: str = ""
    volume: int = 100


@dataclass(frozen=True, slots=True)
class Speaking(State):
    """Sound detectors ignore what they hear until ``until_ms`` (Unix ms), because the device hears itself."""

    speaking: bool
    until_ms: int
