"""Words shared by the media actors: leases, and what a stream is."""

from dataclasses import dataclass
from typing import Literal

from models.messages import Tell

MediaOwner = Literal["camera", "microphone", "encoder"]  # actors that fill rings


class ToMedia:
    """Whom leases go to: camera, microphone, encoder."""


@dataclass(frozen=True, slots=True)
class Lease(Tell[ToMedia]):
    """``holder`` wants ``ring`` to be filled for ``ttl_s`` seconds more; 0 gives it back. Renewed every second."""

    ring: str  # frames, jpeg, video (and of the tier sub: frames_sub, jpeg_sub, video_sub), hevc, sound, pcm, audio
    holder: str
    ttl_s: float
