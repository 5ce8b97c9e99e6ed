"""Whether there is sound to be served."""

from collections.abc import Mapping

from models.messages.microphone import MicrophoneView


def has_sound(settings: Mapping[str, object], microphone: MicrophoneView | None) -> bool:
    """Until it has said anything, the microphone is believed to be there. ``settings``: the effective ones."""
    there = microphone is None or microphone.state != "none"
    return there and settings["audioEnabled"] is True and settings["rtspAudioEnabled"] is True
