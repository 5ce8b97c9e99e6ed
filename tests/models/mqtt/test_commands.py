import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.mqtt.commands import (
    SWITCHES,
    Command,
    Restart,
    Say,
    SetStreaming,
    SetTorch,
    SetValue,
    TakeCapture,
    is_command,
    parse,
    typed,
)
from models.mqtt.topics import Topics

TOPICS = Topics("ipcamera")


@pytest.mark.parametrize(
    ("topic", "payload", "command"),
    [
        ("motion/enabled", b'{"enabled":true}', SetValue("motionEnabled", True)),
        ("motion/enabled", b"true", SetValue("motionEnabled", True)),
        ("vision/person/enabled", b"OFF", SetValue("objectPersonDetectionEnabled", False)),
        ("classification/baby_cry/enabled", b"1", SetValue("babyCryClassificationEnabled", True)),
        ("setting/motionSensitivity/set", b"7", SetValue("motionSensitivity", 7)),
        ("setting/torchEnabled/set", b"ON", SetValue("torchEnabled", "ON")),
        ("setting/resolution/set", b"1280x720", SetValue("resolution", "1280x720")),
        ("setting/frameRate/set", b'{"value": 15}', SetValue("frameRate", 15)),
        ("streaming/set", b"OFF", SetStreaming(False)),
        ("torch", b"", SetTorch(None)),
        ("torch", b"on", SetTorch(True)),
        ("capture", b"PRESS", TakeCapture()),
        ("restart", b"PRESS", Restart("camera")),
        ("restart", b"rtsp", Restart("rtsp")),
        ("tts", "Grüß Gott".encode(), Say("Grüß Gott")),
        ("tts", b'{"text":"Hello","volume":40}', Say("Hello", "", 40)),
        ("tts", b"42", Say("42")),
    ],
)
def test_commands(topic: str, payload: bytes, command: Command) -> None:
    assert parse(TOPICS, f"ipcamera/control/{topic}", payload) == command


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("motion/enabled", b"perhaps"),
        ("motion/enabled", b"{}"),
        ("nonsense", b"1"),
        ("setting/frameRate", b"1"),
        ("tts", b"  "),
        ("tts", b'{"text":"a","volume":101}'),
        ("tts", b"\xff"),
        ("tts", b"x" * 30_000),
    ],
)
def test_what_can_not_be_read_is_said(topic: str, payload: bytes) -> None:
    with pytest.raises(Invalid):
        parse(TOPICS, f"ipcamera/control/{topic}", payload)


def test_our_own_results_and_other_topics_are_no_commands() -> None:
    assert not is_command(TOPICS, TOPICS.result)
    assert not is_command(TOPICS, "other/control/capture")
    assert is_command(TOPICS, "ipcamera/control/capture")


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        ("boolean", "ON", True),
        ("boolean", "off", False),
        ("boolean", 1, True),
        ("boolean", "maybe", "maybe"),
        ("int", "5.0", 5),
        ("int", "90", 90),
        ("int", "5.5", "5.5"),
        ("int", "nan", "nan"),
        ("int", "1e400", "1e400"),
        ("string", 0, "0"),
        ("string", "1280x720", "1280x720"),
    ],
)
def test_values_get_the_type_of_their_setting(kind: str, value: str | int, result: object) -> None:
    assert typed(kind, value) == result


@given(st.sampled_from([*SWITCHES, "tts", "torch", "setting/a/set", "restart", "x/y"]), st.binary(max_size=200))
def test_nothing_from_outside_breaks_the_parser(topic: str, payload: bytes) -> None:
    with contextlib.suppress(Invalid):
        assert parse(TOPICS, f"ipcamera/control/{topic}", payload) is not None
