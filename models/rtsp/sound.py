"""Whether sound is available."""

from collections.abc import Mapping

from models.messages.microphone import MicrophoneView


def has_sound(settings: Mapping[str, object], microphone: MicrophoneView | None) -> bool:
    """A microphone that has not reported yet counts as present. ``settings``: the effective ones."""
    there = microphone is None or microphone.state != "none"
    return there and settings["audioEnabled"] is True and settings["rtspAudioEnabled"] is True
