"""The microphone's mailbox. Ring it writes: ``pcm``, s16le mono 16 kHz in blocks of 20 ms (640 bytes)."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, Ref, State
from models.messages.media import ToMedia


class ToMicrophone(ToMedia):
    """Whom the messages of this file go to."""


MICROPHONE: Ref[ToMicrophone] = Ref("microphone")


@dataclass(frozen=True, slots=True)
class MicrophoneView(State):
    state: str  # running, off, waiting, none
    source: str  # in words
    level_db: float  # dBFS over the last 100 ms, -100 = silence
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GetMicrophone(Ask[ToMicrophone, MicrophoneView]):
    retry: ClassVar[bool] = True
