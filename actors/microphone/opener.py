"""Opens a sound source, from the boot configuration."""

from collections.abc import Callable
from pathlib import Path

from actors.microphone.network import CameraSound, NetworkSound
from actors.microphone.source import TONE_HZ, CardSound, FileSound, SoundSource, ToneSource
from actors.runtime.rings import RingReader
from actors.shared.media.container import NothingInsideError
from models.errors import Invalid
from models.media.source_address import MediaAddress

ALSA = MediaAddress("alsa", "default")
NETWORK = ("rtsp", "http")
ALSA_DEVICES = Path("/dev/snd")


class NotYetError(Exception):
    """The camera that carries the sound is not open."""


class NoSoundError(Exception):
    """There is no sound source, and none is waited for."""


def check(address: MediaAddress) -> None:
    """Raises ``Invalid`` for an invalid tone."""
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
    """``auto``: the sound of the video source, otherwise a sound card, otherwise none.

    ``make_reader``: of the ring ``sound``. ``camera_sound``, set by the actor: whether the connection that the camera
    owns carries sound; None while it is not open.
    """

    def __init__(
        self, sound: MediaAddress, picture: MediaAddress, run_dir: Path, make_reader: Callable[[], RingReader]
    ) -> None:
        self._sound = sound
        self._picture = picture
        self._run_dir = run_dir
        self._make_reader = make_reader
        self._mute_picture = False  # the video source was open and had no sound
        self.camera_sound: bool | None = None

    @property
    def uses_camera(self) -> bool:
        """Whether the sound comes over the camera's own connection, because many cameras allow only one."""
        return self._picture.kind in NETWORK and (self._sound.kind == "auto" or self._sound == self._picture)

    def open(self) -> SoundSource:
        """Raises ``SourceError`` (try again later), ``NotYetError`` or ``NoSoundError``."""
        if self.uses_camera:
            return self._from_camera()
        if self._sound.kind == "none":
            raise NoSoundError("switched off in the configuration")
        if self._sound.kind != "auto":
            return self._open(self._sound)
        if self._picture.kind == "pattern":
            return ToneSource(TONE_HZ)
        if self._picture.kind == "file" and not self._mute_picture:
            try:
                return self._open(self._picture)
            except NothingInsideError:
                self._mute_picture = True
        return self._from_card()

    def _from_camera(self) -> SoundSource:
        if self.camera_sound is None:
            raise NotYetError
        if self.camera_sound:
            title = f"sound of {self._picture.shown}"
            return CameraSound(self._make_reader(), title, lambda: self.camera_sound)
        if self._sound.kind != "auto":
            raise NoSoundError("the camera sends no sound")
        return self._from_card()

    def _from_card(self) -> SoundSource:
        if not any(ALSA_DEVICES.glob("pcm*c")):
            raise NoSoundError("there is no microphone")
        return self._open(ALSA)

    def _open(self, address: MediaAddress) -> SoundSource:
        if address.kind == "tone":
            return ToneSource(hertz(address.target))
        if address.kind == "file":
            return FileSound(address.target, self._run_dir)
        if address.kind in NETWORK:
            return NetworkSound(address)
        return CardSound(address)
