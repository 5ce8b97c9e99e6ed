"""Log lines: from each process directly to stderr, in one format, without secrets, and limited in number.

Logging never blocks: if nothing reads stderr, lines are dropped and counted.
"""

import logging
import os
import select
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

from config.boot import Boot
from config.redact import redact, redact_text

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
FORMATS = ("auto", "console", "json")
SAME_PER_SECOND = 20  # lines with the same event; all actors may say "up" at once
LINES_PER_SECOND = 100  # of one process, whatever they say
SAME_CHARACTERS = 200  # lines with this many equal characters at the beginning count as the same
PIPE_BUF = 4096  # a pipe that is ready accepts this much without blocking (POSIX, pipe(7))

EventDict = MutableMapping[str, Any]
Renderer = Callable[[Any, str, EventDict], str | bytes]


def configure(boot: Boot, actor_name: str) -> structlog.typing.FilteringBoundLogger:
    """Set up this process' logging; the logger of ``actor_name``. Called again after a fork, it replaces all."""
    level = LEVELS[boot.log_level]
    console = boot.log_format == "console" or (boot.log_format == "auto" and sys.stderr.isatty())
    render: Renderer = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if console else structlog.processors.JSONRenderer()
    )

    def note(text: str) -> str:
        return str(render(None, "warning", {"event": text, "level": "warning", "actor": actor_name}))

    sink = Stderr(note)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _named(actor_name),
            structlog.processors.add_log_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            RateBound(time.monotonic, note),
            structlog.processors.TimeStamper("%Y-%m-%d %H:%M:%S" if console else "iso", utc=not console),
            structlog.processors.format_exc_info,
            _redacted,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )
    logging.root.handlers[:] = [_Bridge()]
    logging.root.setLevel(max(level, logging.WARNING))  # libraries: only warnings and errors
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger.bind(actor=actor_name)


class Stderr:
    """Writes lines to a descriptor without ever waiting for its reader."""

    def __init__(self, note: Callable[[str], str], descriptor: int = 2) -> None:
        self._note = note  # makes a line of a plain text
        self._descriptor = descriptor
        self._dropped = 0

    def msg(self, line: str) -> None:
        if self._dropped and self._write(
            self._note(f"{self._dropped} log lines were lost because nothing read them") + "\n"
        ):
            self._dropped = 0
        if not self._write(f"{line}\n"):
            self._dropped += 1

    log = debug = info = warn = warning = error = critical = exception = fatal = failure = msg

    def _write(self, text: str) -> bool:
        data = text.encode(errors="backslashreplace")
        poll = select.poll()
        try:
            poll.register(self._descriptor, select.POLLOUT)
            for start in range(0, len(data), PIPE_BUF):
                if not poll.poll(0):
                    return False
                os.write(self._descriptor, data[start : start + PIPE_BUF])
        except OSError:  # closed: the error cannot be reported anywhere
            return False
        return True


class RateBound:
    """A processor that passes the same line a few times a second, and then reports how many it suppressed."""

    def __init__(self, clock: Callable[[], float], note: Callable[[str], str]) -> None:
        self._clock = clock
        self._note = note
        self._since = float("-inf")
        self._seen: dict[str, int] = {}
        self._passed = 0
        self._withheld: dict[str, int] = {}

    def __call__(self, logger: Any, method: str, event: EventDict) -> EventDict:
        now = self._clock()
        if now - self._since >= 1:
            self._report(logger)
            self._since, self._seen, self._passed = now, {}, 0
        text = str(event.get("event", ""))[:SAME_CHARACTERS]
        self._seen[text] = self._seen.get(text, 0) + 1
        if self._seen[text] > SAME_PER_SECOND or self._passed >= LINES_PER_SECOND:
            key = text if text in self._withheld or len(self._withheld) < LINES_PER_SECOND else "other lines"
            self._withheld[key] = self._withheld.get(key, 0) + 1
            raise structlog.DropEvent
        self._passed += 1
        return event

    def _report(self, logger: Any) -> None:
        for text, count in self._withheld.items():
            logger.msg(self._note(f"{count} more of: {redact_text(text)}"))
        self._withheld = {}


class _Bridge(logging.Handler):
    """Log records of libraries that use the standard library, in our format."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger().bind(logger=record.name)
        level = logging.WARNING if record.levelno < logging.ERROR else logging.ERROR
        log.log(level, record.getMessage(), exc_info=record.exc_info)


def _named(actor_name: str) -> Callable[[Any, str, EventDict], EventDict]:
    def name(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("actor", actor_name)
        return event

    return name


def _redacted(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: redact(key, value) for key, value in event.items()}
