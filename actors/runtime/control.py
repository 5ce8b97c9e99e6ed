"""The control socket, through which the command line on the same device asks the running actors.

``run_dir/control.sock``, mode 0600, the same user only. One JSON line each way: {"to", "message", "timeout"} and
{"answer"} or {"error": {"code", "detail", "fields"}}.
"""

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from actors.runtime import limits
from models.errors import Invalid, ServerError, Unavailable, from_failure
from models.messages import Ask, Ref
from models.messages.codec import decode, encode
from models.messages.handle import ASK_TIMEOUT_S

A = TypeVar("A")
R = TypeVar("R")
NAME = "control.sock"


class ControlServer:
    """In the supervisor's loop. ``ask(to, message, timeout_s)`` does the work."""

    def __init__(self, run_dir: Path, ask: Callable[[str, Any, float], Awaitable[Any]]) -> None:
        self._path = run_dir / NAME
        self._ask = ask
        self._open = 0

    async def open(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        await asyncio.start_unix_server(self._serve, self._path, limit=limits.CONTROL_REQUEST_MAX)
        self._path.chmod(0o600)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= limits.CONTROL_CONNECTIONS or not _same_user(writer):
            writer.close()
            return
        self._open += 1
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._reply(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            return  # gone, or a line over the limit
        finally:
            self._open -= 1
            writer.close()

    async def _reply(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            to, timeout_s = str(request["to"]), float(request["timeout"])
            message = decode(request["message"])
            if not isinstance(message, Ask):
                raise Invalid("only asks are answered here")
            return {"answer": encode(await self._ask(to, message, timeout_s))}
        except ServerError as error:
            return {"error": {"code": error.code, "detail": error.detail, "fields": error.fields}}
        except (ValueError, KeyError, TypeError) as error:
            return {"error": {"code": Invalid.code, "detail": f"not a request: {error}", "fields": {}}}


def _same_user(writer: asyncio.StreamWriter) -> bool:
    peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _pid, uid, _gid = struct.unpack("3i", peer)
    return uid in (0, os.getuid())


class Control:
    """The client's end, blocking: ``with Control(run_dir) as control: control.ask(SETTINGS, GetSettings())``.

    Raises ``Unavailable`` if no server is running.
    """

    def __init__(self, run_dir: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(run_dir / NAME))
        except OSError:
            self._socket.close()
            raise Unavailable("the camera server is not running") from None
        self._file = self._socket.makefile("rwb")

    def __enter__(self) -> "Control":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, to: Ref[A], message: Ask[A, R], timeout_s: float = ASK_TIMEOUT_S) -> R:
        """The actor's answer, or its ``ServerError``."""
        self._socket.settimeout(timeout_s + 2)
        request = {"to": to, "message": encode(message), "timeout": timeout_s}
        try:
            self._file.write(json.dumps(request).encode() + b"\n")
            self._file.flush()
            line = self._file.readline()
        except OSError as error:
            raise Unavailable(f"the camera server does not answer: {error}") from None
        if not line:
            raise Unavailable("the camera server has ended")
        reply = json.loads(line)
        if failure := reply.get("error"):
            raise from_failure(failure["code"], failure["detail"], failure["fields"])
        return cast(R, decode(reply["answer"]))

    def close(self) -> None:
        with contextlib.suppress(OSError):  # data left unsent because the server has ended
            self._file.close()
        self._socket.close()
