"""Who guesses and who has been in, over restarts: lock-outs of this run of the program, known addresses for good."""

import asyncio
import json
from pathlib import Path

from actors.runtime.actor import Actor
from actors.runtime.worker import Bench
from config.files import write_atomically
from models.security.lockout import KnownClients, Lockouts


class Remembered:
    def __init__(self, actor: Actor, files: Bench) -> None:
        self._actor, self._files = actor, files
        self._lockouts_file = actor.boot.run_dir / f"{actor.name}-lockouts.json"
        self._known_file = actor.boot.data_dir / f"{actor.name}-known.json"
        self._changed = asyncio.Event()
        self.lockouts, self.known = Lockouts(), KnownClients()

    async def load(self, now: float) -> None:
        lockouts, known = await self._files.do(lambda: (_read(self._lockouts_file), _read(self._known_file)))
        self.lockouts.restore(lockouts, now)
        if isinstance(known, list):
            self.known = KnownClients(one for one in known if isinstance(one, str))

    def changed(self) -> None:
        self._changed.set()

    async def keep(self) -> None:
        """Never returns."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            contents = {
                self._lockouts_file: json.dumps(self.lockouts.as_dict()).encode(),
                self._known_file: json.dumps(self.known.as_list()).encode(),
            }
            try:
                for path, content in contents.items():
                    await self._files.do(write_atomically, path, content)
            except OSError as error:
                self._actor.log.warning("lock-outs are not kept over a restart", reason=str(error))


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
