"""A control socket behind which actors answer by hand: for commands that talk to a running system."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors.runtime.control import ControlServer
from config import places
from models.errors import Unavailable


@contextmanager
def running(data_dir: Path, answers: dict[type, Any]) -> Iterator[list[Any]]:
    """``answers``: by type of message a value, a function of it, or an error to raise. Yields what was asked."""
    asked: list[Any] = []

    async def ask(to: str, message: Any, _timeout_s: float) -> Any:
        asked.append(message)
        answer = answers.get(type(message), Unavailable(f"{to} is not running"))
        if isinstance(answer, BaseException):
            raise answer
        return answer(message) if callable(answer) else answer

    run_dir = places.run_dir(data_dir, os.environ)
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    up, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        await ControlServer(run_dir, ask).open()
        up.set()
        while not stop.is_set():
            await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert up.wait(5)
    try:
        yield asked
    finally:
        stop.set()
        thread.join(5)
        for left in run_dir.iterdir():
            left.unlink()
        run_dir.rmdir()
