"""Secrets stay out, floods are bounded, and a reader that has stopped holds nobody up."""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from config import logs
from config.boot import Boot
from config.redact import MASK, redact, redact_text


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("GET /stream?token=abc123&x=1", "GET /stream?token=***&x=1"),
        ("rtsp://user:pass@10.0.0.5/x", "rtsp://***@10.0.0.5/x"),
        ("see rtsp://10.0.0.5:554/x", "see rtsp://10.0.0.5:554/x"),
        ("Authorization: Bearer abcdef123", "Authorization: Bearer ***"),
        ("Authorization: Basic dXNlcjpwdw==", "Authorization: Basic ***"),
        ("Cookie: session=deadbeef", "Cookie: ***"),
        ("sent session_8443=deadbeef", "sent session_8443=***"),
        ("Set-Cookie: session=deadbeef; Path=/", "Set-Cookie: ***; Path=/"),
        ('{"password": "hunter2", "a": 1}', '{"password": "***", "a": 1}'),
        ("mqttPassword=hunter2", "mqttPassword=***"),
        ("X-CSRF-Token: abc", "X-CSRF-Token: ***"),
        ("csrfToken: 'abc'", "csrfToken: '***'"),
        ("wrong password", "wrong password"),
        ("the token expired", "the token expired"),
    ],
)
def test_redact_text(text: str, clean: str) -> None:
    assert redact_text(text) == clean


def test_redact_by_key_and_inside() -> None:
    value = {"password": "x", "csrfToken": "y", "nested": [{"Authorization": "z"}], "hasPassword": True, "n": 3}
    clean = {"password": MASK, "csrfToken": MASK, "nested": [{"Authorization": MASK}], "hasPassword": True, "n": 3}
    assert redact("", value) == clean
    assert redact("error", ValueError("at rtsp://a:b@c")) == "at rtsp://***@c"


def _boot(**more: str) -> Boot:
    return Boot(Path("/d"), Path("/r"), Path("/s"), log_format="json", **more)  # type: ignore[arg-type]


def test_a_line_is_one_json_object_without_secrets(capfd: pytest.CaptureFixture[str]) -> None:
    log = logs.configure(_boot(), "camera")
    log.debug("not shown")
    log.info("opened %s", "rtsp://u:p@h/", token="abc", size=(640, 480))
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        log.exception("oops")
    logging.getLogger("library").info("not shown")
    logging.getLogger("library").warning("shown %d", 1)
    err = capfd.readouterr().err
    lines = [json.loads(line) for line in err.splitlines()]
    assert [(line["event"], line["level"], line["actor"]) for line in lines] == [
        ("opened rtsp://***@h/", "info", "camera"),
        ("oops", "error", "camera"),
        ("shown 1", "warning", "camera"),
    ]
    assert lines[0]["token"] == MASK
    assert lines[0]["size"] == [640, 480]
    assert "Traceback" in lines[1]["exception"]
    assert "hunter2" not in err


def test_levels(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure(_boot(log_level="error"), "camera").warning("no")
    logs.configure(_boot(log_level="debug"), "camera").debug("yes")
    assert [json.loads(line)["event"] for line in capfd.readouterr().err.splitlines()] == ["yes"]


def test_a_flood_is_bounded_and_counted() -> None:
    now = 0.0
    told: list[str] = []

    class Logger:
        def msg(self, text: str) -> None:
            told.append(text)

    bound = logs.RateBound(lambda: now, lambda text: text)

    def passes(event: str) -> bool:
        try:
            bound(Logger(), "info", {"event": event})
        except structlog.DropEvent:
            return False
        return True

    assert sum(passes("same") for _ in range(1000)) == logs.SAME_PER_SECOND
    assert passes("another")
    now = 1.5
    assert passes("same")
    assert told == [f"{1000 - logs.SAME_PER_SECOND} more of: same"]
    now = 3.0
    assert sum(passes(f"line {n}") for n in range(10_000)) == logs.LINES_PER_SECOND
    now = 4.5
    told.clear()
    assert passes("quiet again")
    assert len(told) <= logs.LINES_PER_SECOND + 1


def test_a_reader_that_has_stopped_costs_lines_and_no_time() -> None:
    reader, writer = os.pipe()
    sink = logs.Stderr(lambda text: text, writer)
    for n in range(5000):  # far more than a pipe holds; a blocking write would never return
        sink.msg(f"{n:0100}")
    os.set_blocking(reader, False)
    held = os.read(reader, 1 << 20).decode()
    sink.msg("again")
    rest = os.read(reader, 1 << 20).decode()
    assert held.startswith("0" * 100)
    assert all(len(line) == 100 for line in held.splitlines())
    assert rest.splitlines() == [f"{5000 - held.count(chr(10))} log lines were lost because nothing read them", "again"]
    os.close(reader)
    sink.msg("nobody there any more")
    os.close(writer)
    sink.msg("not even a descriptor")
