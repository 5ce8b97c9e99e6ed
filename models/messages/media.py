"""Messages shared by the media actors: leases."""

from dataclasses import dataclass
from typing import Literal

from models.messages import Tell

MediaOwner = Literal["camera", "microphone", "encoder"]  # actors that fill rings


class ToMedia:
    """Whom leases go to: camera, microphone, encoder."""


@dataclass(frozen=True, slots=True)
class Lease(Tell[ToMedia]):
    """``holder`` needs ``ring`` to be filled for ``ttl_s`` more seconds; 0 releases it. Renewed every second.

    Not guaranteed: that the ring is filled at once, or at all; a lease that is not renewed expires.
    """

    ring: str  # frames, jpeg, video (and of the tier sub: frames_sub, jpeg_sub, video_sub), hevc, sound, pcm, audio
    holder: str
    ttl_s: float
