"""The presentation description (RFC 4566, RFC 6184 §8.2, RFC 2326 appendix C)."""

import base64
from dataclasses import dataclass

from models.rtp.audio import AudioFormat
from models.rtp.h264 import CLOCK_RATE, PAYLOAD_TYPE
from models.rtsp.url import AUDIO, CONTROL, VIDEO

ANY = {"IP4": "0.0.0.0", "IP6": "::"}  # noqa: S104 (unicast: the client knows where it is, RFC 2326 C.1.7)


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """What the SDP says of the picture. ``sps`` and ``pps`` are NAL units without start codes."""

    sps: bytes
    pps: bytes
    width: int
    height: int
    fps: float = 0.0  # 0: not known
    vps: bytes = b""  # only H.265 has one


def session_description(
    name: str, session_id: int, version: int, address: str, video: VideoFormat, audio: AudioFormat | None
) -> str:
    """The whole text. ``address`` is the server's own, ``version`` rises when the description changes."""
    family = "IP6" if ":" in address else "IP4"
    lines = [
        "v=0",
        f"o=- {session_id} {version} IN {family} {address}",
        f"s={name or '-'}",  # never empty, RFC 4566 §5.3
        f"c=IN {family} {ANY[family]}",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",  # live: RFC 2326 C.1.5
        *_video(video),
    ]
    if audio is not None:
        lines += _audio(audio)
    return "\r\n".join([*lines, ""])


def _video(video: VideoFormat) -> list[str]:
    vps, sps, pps = (base64.b64encode(unit).decode() for unit in (video.vps, video.sps, video.pps))
    profile = video.sps[1:4].hex().upper()
    name, fmtp = "H264", f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sps},{pps}"
    if video.vps:  # RFC 7798 §7.1
        name, fmtp = "H265", f"sprop-vps={vps};sprop-sps={sps};sprop-pps={pps}"
    lines = [
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {name}/{CLOCK_RATE}",
        f"a=fmtp:{PAYLOAD_TYPE} {fmtp}",
    ]
    if video.fps > 0:
        lines.append(f"a=framerate:{video.fps:g}")
    if video.width and video.height:
        lines.append(f"a=x-dimensions:{video.width},{video.height}")
    return [*lines, f"a=control:{CONTROL}{VIDEO}"]


def _audio(audio: AudioFormat) -> list[str]:
    lines = [
        f"m=audio 0 RTP/AVP {audio.payload_type}",
        f"a=rtpmap:{audio.payload_type} {audio.encoding}/{audio.rate}/{audio.channels}",
    ]
    if audio.fmtp:
        lines.append(f"a=fmtp:{audio.payload_type} {audio.fmtp}")
    return [*lines, f"a=control:{CONTROL}{AUDIO}"]
