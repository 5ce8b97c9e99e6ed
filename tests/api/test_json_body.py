import pytest

from api.json_body import parse_json


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('"\\ud83d\\ude00"', "😀"),
        (b"1e5", 100000.0),
    ],
)
def test_json_is_read(raw: str | bytes, value: object) -> None:
    assert parse_json(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff", id="not UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param("NaN", id="NaN"),
        pytest.param("-Infinity", id="Infinity"),
        pytest.param("1e999", id="beyond a float"),
        pytest.param('"\\ud800"', id="half a surrogate pair"),
        pytest.param('{"\\udfff": 1}', id="half a surrogate pair as a key"),
        pytest.param("[" * 50_000, id="too deep"),
        pytest.param("9" * 5000, id="too many digits"),
    ],
)
def test_what_is_not_quite_json_is_refused(raw: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 — any of its kinds
        parse_json(raw)
