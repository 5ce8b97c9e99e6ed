import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from models.http.json_schema import problem
from models.http.schema import CLIENT, EXTENSIONS, HELLO, SERVER

CLIENT_NAMES = (
    "auth ping setting settings_batch capture enableH264 requestKeyframe h264_quality stream_control audio_subscribe "
    "audio tts"
)
SERVER_NAMES = (
    "connected auth_required auth error pong settings setting_ack settings_batch_ack status system_info h264_ack "
    "motion_detected sound_detected sound_classified baby_cry_classified object_detected detection_frame capture_ready "
    "capture_busy mqtt_status rtsp_status license:changed capabilitiesChanged audio_ack audio"
)
EVERYTHING = {
    **{("client", name): shape for name, shape in CLIENT.items()},
    **{("server", n): s for n, s in SERVER.items()},
}

JSON: SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3000) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_the_messages_are_those_of_the_document() -> None:
    assert " ".join(CLIENT) == CLIENT_NAMES
    assert " ".join(SERVER) == SERVER_NAMES


@pytest.mark.parametrize("shape", [*EVERYTHING.values(), *EXTENSIONS.values(), HELLO])
def test_every_shape_is_a_schema(shape: dict[str, object]) -> None:
    jsonschema.Draft202012Validator.check_schema(shape)


@pytest.mark.parametrize(
    ("kind", "message", "found"),
    [
        ("ping", {"timestamp": 1}, ""),
        ("ping", {"timestamp": -1}, "timestamp: Value must be at least 0"),
        ("ping", {"timestamp": True}, "timestamp: Expected integer"),
        ("ping", {"more": [1]}, ""),
        ("auth", {}, "Missing token or password"),
        ("auth", {"token": "x"}, ""),
        ("setting", {"value": 1}, "key: Missing"),
        ("setting", {"key": "k", "value": None}, "value: Expected string or integer or boolean or number"),
        ("settings_batch", {"settings": {}}, "settings: Number of entries must be between 1 and 64"),
        ("settings_batch", {"settings": {"a": []}}, "settings.a: Expected string or integer or boolean or number"),
        ("stream_control", {"action": "pause"}, "action: Value must be one of start, stop"),
        ("h264_quality", {"quality": 101}, "quality: Value must be between 0 and 100"),
    ],
)
def test_what_is_wrong_is_said(kind: str, message: dict[str, object], found: str) -> None:
    assert problem(CLIENT[kind], {"type": kind, **message}) == found


@given(st.sampled_from(sorted(EVERYTHING)), st.dictionaries(st.text(max_size=4), JSON, max_size=3), st.data())
def test_our_checker_agrees_with_jsonschema(
    which: tuple[str, str], extra: dict[str, object], data: st.DataObject
) -> None:
    shape = EVERYTHING[which]
    known = data.draw(st.dictionaries(st.sampled_from(sorted(shape["properties"])), JSON, max_size=6))
    message = json.loads(json.dumps({"type": which[1]} | extra | known))
    ours = not problem(shape, message)
    assert ours == jsonschema.Draft202012Validator(shape).is_valid(message)
