"""Source strings of the boot configuration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.media.source_address import MediaAddress, parse_picture_source, parse_sound_source, parse_speaker


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("auto", MediaAddress("auto")),
        ("v4l2:/dev/video2", MediaAddress("v4l2", "/dev/video2")),
        ("pattern:", MediaAddress("pattern", "")),
        ("rtsp://u:p@cam/x", MediaAddress("rtsp", "rtsp://u:p@cam/x")),
        ("https://cam:8080/video", MediaAddress("http", "https://cam:8080/video")),
        ("clips/a b.mp4", MediaAddress("file", "clips/a b.mp4")),
        ("file:///tmp/x.mp4", MediaAddress("file", "/tmp/x.mp4")),
    ],
)
def test_picture_sources(text: str, address: MediaAddress) -> None:
    assert parse_picture_source(text) == address


@pytest.mark.parametrize("text", ["", "v4l2:", "ftp://x/y", "rtsp://", "http://:99999/", "a\0b"])
def test_refused_picture_sources(text: str) -> None:
    with pytest.raises(Invalid, match=r"use auto, v4l2:"):
        parse_picture_source(text)


def test_sound_and_speaker() -> None:
    assert parse_sound_source("none") == MediaAddress("none")
    assert parse_sound_source("alsa:hw:1,0") == MediaAddress("alsa", "hw:1,0")
    assert parse_speaker("wav:/tmp/said") == MediaAddress("wav", "/tmp/said")
    for text in ("somefile", "wav:", "rtsp://x/y"):
        with pytest.raises(Invalid):
            parse_speaker(text)


def test_credentials_are_never_shown() -> None:
    shown = parse_picture_source("rtsp://user:secret@cam.lan:554/live?token=abc").shown
    assert shown == "rtsp://cam.lan:554/live"


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_invalid(text: str) -> None:
    for parse in (parse_picture_source, parse_sound_source, parse_speaker):
        try:
            assert parse(text).kind
        except Invalid:
            continue
