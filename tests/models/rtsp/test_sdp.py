"""Golden text (RFC 4566, RFC 6184 §8.2.1, RFC 3640 §4)."""

from models.media.ring import FORMAT_AAC
from models.rtp.audio import audio_format
from models.rtsp.sdp import VideoFormat, session_description

VIDEO = VideoFormat(b"\x67\x42\xc0\x1f", b"\x68\xce\x3c\x80", 1280, 720, 30.0)


def test_picture_and_sound() -> None:
    text = session_description("Camera", 7, 2, "192.0.2.1", VIDEO, audio_format(FORMAT_AAC, 16_000, 1))
    assert text.split("\r\n") == [
        "v=0",
        "o=- 7 2 IN IP4 192.0.2.1",
        "s=Camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        "m=video 0 RTP/AVP 96",
        "a=rtpmap:96 H264/90000",
        "a=fmtp:96 packetization-mode=1;profile-level-id=42C01F;sprop-parameter-sets=Z0LAHw==,aM48gA==",
        "a=framerate:30",
        "a=x-dimensions:1280,720",
        "a=control:trackID=0",
        "m=audio 0 RTP/AVP 97",
        "a=rtpmap:97 mpeg4-generic/16000/1",
        "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;"
        "config=1408",
        "a=control:trackID=1",
        "",
    ]


def test_picture_only_over_ipv6() -> None:
    text = session_description("Camera", 7, 2, "2001:db8::1", VIDEO, None)
    assert "o=- 7 2 IN IP6 2001:db8::1\r\n" in text
    assert "m=audio" not in text
