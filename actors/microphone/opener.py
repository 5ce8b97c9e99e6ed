"""From the boot configuration to an open sound source."""

from pathlib import Path

from actors.media.container import NothingInsideError
from actors.microphone.source import TONE_HZ, FileSound, LiveSound, SoundSource, ToneSource
from models.errors import Invalid
from models.media.address import MediaAddress

ALSA = MediaAddress("alsa", "default")
ALSA_DEVICES = Path("/dev/snd")


class NoSoundError(Exception):
    """There is no sound here at all, and none is waited for."""


def check(address: MediaAddress) -> None:
    """Raises ``Invalid`` for a tone that is none."""
    if address.kind == "tone":
        hertz(address.target)


def hertz(text: str) -> float:
    try:
        value = float(text) if text else TONE_HZ
    except ValueError:
        value = 0.0
    if not 20 <= value <= 7000:
        raise Invalid("tone: takes a frequency from 20 to 7000 Hz")
    return value


class SoundOpener:
    """``auto``: the sound of the video source itself, else a sound card, else none."""

    def __init__(self, sound: MediaAddress, picture: MediaAddress, run_dir: Path) -> None:
        self._sound = sound
        self._picture = picture
        self._run_dir = run_dir
        self._mute_picture = False  # the video source was open and had no sound

    def open(self) -> SoundSource:
        """Raises ``SourceError`` (try again later) or ``NoSoundError``."""
        if self._sound.kind == "none":
            raise NoSoundError("switched off in the configuration")
        if self._sound.kind != "auto":
            return self._open(self._sound)
        if self._picture.kind == "pattern":
            return ToneSource(TONE_HZ)
        if self._picture.kind in ("file", "rtsp", "http") and not self._mute_picture:
            try:
                return self._open(self._picture)
            except NothingInsideError:
                self._mute_picture = True
        if not any(ALSA_DEVICES.glob("pcm*c")):
            raise NoSoundError("there is no microphone")
        return self._open(ALSA)

    def _open(self, address: MediaAddress) -> SoundSource:
        if address.kind == "tone":
            return ToneSource(hertz(address.target))
        if address.kind == "file":
            return FileSound(address.target, self._run_dir)
        return LiveSound(address)
