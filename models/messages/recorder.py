"""The recorder's mailbox."""

from dataclasses import dataclass

from models.messages import Ask, Ref, State


class ToRecorder:
    """Whom the messages of this file go to."""


RECORDER: Ref[ToRecorder] = Ref("recorder")


@dataclass(frozen=True, slots=True)
class RecorderView(State):
    """``events``: ids that get a clip which is not stored yet.

    ``problem``: why nothing is recorded, "" while all is well.
    """

    clips: tuple[str, ...]
    events: tuple[int, ...]
    continuous: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RecordNow(Ask[ToRecorder, str]):
    """Record for ``seconds``, with the run-up; answers the id of the clip, which may be one already in progress."""

    seconds: int
