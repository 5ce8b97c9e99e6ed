"""The codecs of RTSP cameras that are depacketised here."""

from actors.shared.media.jpeg import STANDARD_TABLES
from actors.shared.media.network_feed import PictureTrack
from models.media.annexb import join
from models.media.sound_track import SoundTrack
from models.rtp import depacketise
from models.rtp.jpeg import Jpeg
from models.rtsp.sdp_parser import Track

MPEG4_PICTURE = b"\0\0\1\xb6"
PLAIN = {
    "PCMU": "pcm_mulaw",
    "PCMA": "pcm_alaw",
    "L16": "pcm_s16be",
    "L8": "pcm_u8",
    "G722": "adpcm_g722",
    "OPUS": "opus",
}
G726_BITS = {"G726-16": 2, "G726-24": 3, "G726-32": 4, "G726-40": 5}
G722_RATE = 16_000  # RFC 3551 §4.5.2: the clock says 8000 by mistake


def picture_format(track: Track) -> tuple[PictureTrack, depacketise.Depacketiser] | None:
    """None for a codec that is not depacketised here."""
    match track.encoding:
        case "H264":
            sets = tuple(track.blobs("sprop-parameter-sets"))
            return PictureTrack("h264", join(sets), track.fps), depacketise.H264()
        case "H265" | "HEVC":
            sets = tuple(blob for name in ("sprop-vps", "sprop-sps", "sprop-pps") for blob in track.blobs(name))
            return PictureTrack("hevc", join(sets), track.fps), depacketise.H265()
        case "JPEG":
            return PictureTrack("mjpeg", b"", track.fps), Jpeg(STANDARD_TABLES)
        case "MP4V-ES":
            track_of = PictureTrack("mpeg4", track.hexadecimal("config"), track.fps)
            return track_of, depacketise.Whole(_is_intra)
    return None


def _is_intra(payload: bytes) -> bool:
    """MPEG-4 Part 2: a VOP whose coding type (the two bits behind its start code) is I."""
    at = payload.find(MPEG4_PICTURE)
    return at >= 0 and at + 4 < len(payload) and payload[at + 4] >> 6 == 0


def sound_format(track: Track) -> tuple[SoundTrack, depacketise.Depacketiser, int] | None:
    """The track, its depacketiser, and its RTP clock rate; None for a codec that is not depacketised here."""
    rate, channels = track.rate, track.channels
    if track.encoding in PLAIN:
        codec = PLAIN[track.encoding]
        heard = 48_000 if codec == "opus" else G722_RATE if codec == "adpcm_g722" else rate
        return SoundTrack(codec, heard, channels), depacketise.EachPacket(), rate
    if track.encoding in G726_BITS:
        return SoundTrack("g726le", rate, 1, bits=G726_BITS[track.encoding]), depacketise.EachPacket(), rate
    if track.encoding == "MPA":
        return SoundTrack("mp3", 0, channels), depacketise.EachPacket(skip=4), rate
    if track.encoding == "MPEG4-GENERIC" and track.fmtp.get("mode", "").lower() in ("aac-hbr", "aac-lbr", ""):
        size_bits, index_bits = track.number("sizelength", 13), track.number("indexlength", 3)
        depacketiser = depacketise.AacHbr(size_bits, index_bits)
        return SoundTrack("aac", rate, channels, track.hexadecimal("config")), depacketiser, rate
    if track.encoding == "MP4A-LATM" and track.fmtp.get("cpresent") == "0":
        config = depacketise.latm_config(track.hexadecimal("config"))
        return (SoundTrack("aac", rate, channels, config), depacketise.Latm(), rate) if config else None
    return None
