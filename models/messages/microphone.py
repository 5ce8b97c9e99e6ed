"""The microphone's mailbox. Ring it writes: ``pcm``, s16le mono 16 kHz in blocks of 20 ms (640 bytes)."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News


@dataclass(frozen=True, slots=True)
class MicrophoneView:
    state: str  # running, off, waiting, none
    source: str  # in words
    level_db: float  # dBFS over the last 100 ms, -100 = silence
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GetMicrophone(Ask[MicrophoneView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class MicrophoneChanged(News):
    microphone: MicrophoneView
