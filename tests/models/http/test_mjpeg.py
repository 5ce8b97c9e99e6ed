import email
import re

import pytest

from models.http.mjpeg import CONTENT_TYPE, Mode, Parts, mode_for, opening, part
from tests.api.stage import JPEG, entry

WALL = 1_700_000_000_123_456_789
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"


def test_length_mode_byte_by_byte() -> None:
    assert opening(Mode.LENGTH) == b"--frame\r\n"
    assert part(b"JPEG", WALL, Mode.LENGTH) == (
        b"Content-Type: image/jpeg\r\nContent-Length: 4\r\nX-Timestamp: 1700000000.123456\r\n\r\nJPEG\r\n--frame\r\n"
    )


def test_advance_mode_sends_the_headers_of_the_part_to_come() -> None:
    assert opening(Mode.ADVANCE) == b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"
    assert part(b"JPEG", WALL, Mode.ADVANCE) == b"JPEG\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n"


@pytest.mark.parametrize("mode", list(Mode))
def test_a_mail_parser_finds_the_pictures(mode: Mode) -> None:
    body = opening(mode) + b"".join(part(JPEG + bytes([n]), WALL, mode) for n in range(3)) + b"\r\n--frame--\r\n"
    whole = email.message_from_bytes(b"Content-Type: " + CONTENT_TYPE.encode() + b"\r\n\r\n" + body)
    parts = whole.get_payload()
    assert isinstance(parts, list)
    assert [one.get_content_type() for one in parts[:3]] == ["image/jpeg"] * 3
    assert len(re.findall(re.escape(JPEG), body)) == 3


@pytest.mark.parametrize(
    ("agent", "dest", "asked", "mode"),
    [
        pytest.param(CHROME, "image", "", Mode.ADVANCE, id="an <img> in Chromium"),
        pytest.param(CHROME, "document", "", Mode.ADVANCE, id="opened as a page"),
        pytest.param(CHROME, "empty", "", Mode.LENGTH, id="a script that reads it itself"),
        pytest.param("curl/8", "", "", Mode.LENGTH, id="curl"),
        pytest.param("curl/8", "", "1", Mode.ADVANCE, id="asked for"),
        pytest.param(CHROME, "image", "0", Mode.LENGTH, id="asked against"),
    ],
)
def test_who_gets_which(agent: str, dest: str, asked: str, mode: Mode) -> None:
    assert mode_for(agent, dest, asked) is mode


def test_a_part_is_built_once_per_picture_and_mode() -> None:
    parts, first, second = Parts(), entry(1, JPEG), entry(2, JPEG)
    assert parts.of(first, Mode.LENGTH) is parts.of(first, Mode.LENGTH)
    assert parts.of(first, Mode.ADVANCE) is not parts.of(first, Mode.LENGTH)
    assert parts.of(second, Mode.LENGTH) is not parts.of(first, Mode.LENGTH)
