"""Where pictures, sound and speech come from and go to: the strings of the boot configuration."""

from dataclasses import dataclass

from models.errors import Invalid
from models.media.network_address import parse_network

NETWORK_SCHEMES = {"rtsp": "rtsp", "rtsps": "rtsp", "rtsp+http": "rtsp", "http": "http", "https": "http"}
PICTURE_HELP = "use auto, v4l2:/dev/video0, rtsp://…, http://…, a file, or pattern:"
SOUND_HELP = "use auto, alsa:NAME, rtsp://…, http://…, a file, tone:, or none"
SPEAKER_HELP = "use auto, alsa:NAME, wav:DIRECTORY, or none"


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """``kind``: auto, none, v4l2, rtsp, http, file, pattern, alsa, tone, wav. ``target``: device, URL, path, hertz."""

    kind: str
    target: str = ""

    @property
    def shown(self) -> str:
        """For a person and for the log: without credentials and without the query of a URL."""
        if self.kind not in ("rtsp", "http"):
            return self.target
        address = parse_network(self.target)
        return f"{address.scheme}://{address.authority}{address.path.partition('?')[0]}"


def parse_picture_source(text: str) -> MediaAddress:
    """``boot.source``; raises ``Invalid``."""
    return _parse(text, {"auto"}, {"v4l2", "pattern"}, PICTURE_HELP, network=True)


def parse_sound_source(text: str) -> MediaAddress:
    """``boot.audio_source``; raises ``Invalid``."""
    return _parse(text, {"auto", "none"}, {"alsa", "tone"}, SOUND_HELP, network=True)


def parse_speaker(text: str) -> MediaAddress:
    """``boot.speaker``; raises ``Invalid``."""
    address = _parse(text, {"auto", "none"}, {"alsa", "wav"}, SPEAKER_HELP, network=False)
    if address.kind in ("file", "wav") and (address.kind == "file" or not address.target):
        raise Invalid(f"unknown speaker: {SPEAKER_HELP}")
    return address


def _parse(text: str, words: set[str], prefixes: set[str], usage: str, network: bool) -> MediaAddress:
    text = text.strip()
    if not text or "\0" in text:
        raise Invalid(f"empty source: {usage}")
    if text in words:
        return MediaAddress(text)
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if colon and scheme in prefixes:
        if scheme == "v4l2" and not rest:
            raise Invalid(f"v4l2: needs a device: {usage}")
        return MediaAddress(scheme, rest)
    if colon and scheme in NETWORK_SCHEMES and rest.startswith("//"):
        if not network:
            raise Invalid(f"not a valid address: {usage}")
        try:
            parse_network(text)
        except ValueError as error:
            raise Invalid(f"not a valid address, {error}: {usage}") from None
        return MediaAddress(NETWORK_SCHEMES[scheme], text)
    if colon and scheme == "file":
        return MediaAddress("file", rest.removeprefix("//"))
    if colon and rest.startswith("//"):
        raise Invalid(f"unknown kind of source {scheme}: {usage}")
    return MediaAddress("file", text)
