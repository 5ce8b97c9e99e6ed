"""Removes the passwords of sources from the command line, which every user of the device can read (proc(5))."""

import os
import sys
from collections.abc import Sequence

VARIABLES = {"--source": "IPCAMERA_SOURCE", "--audio-source": "IPCAMERA_AUDIO_SOURCE"}


def split(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The arguments that everyone may read, and the rest as environment variables."""
    kept: list[str] = []
    hidden: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        flag, equals, value = argument.partition("=")
        if flag in VARIABLES and not equals and rest:
            value = rest[0]
        if flag in VARIABLES and may_be_secret(value):
            hidden[VARIABLES[flag]] = value
            del rest[: 0 if equals else 1]
        else:
            kept.append(argument)
    return kept, hidden


def may_be_secret(source: str) -> bool:
    """A URL with a login, or with a query, in which many cameras expect their password."""
    return "://" in source and ("@" in source or "?" in source)


def hide() -> None:
    """Re-execute this process with the passwords in the environment, which only our own user can read."""
    kept, hidden = split(sys.orig_argv)
    if hidden:
        os.execve(sys.executable, kept, {**os.environ, **hidden})  # noqa: S606 - ourselves, with our own arguments
