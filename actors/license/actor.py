"""The licence actor. See ``models.messages.license`` for what it may be asked."""

import asyncio
import time
from collections.abc import Callable

from actors.license.license_store import LicenseStore
from actors.runtime.actor import Actor, handles
from models.errors import Unavailable
from models.messages.license import (
    UNKNOWN_LICENSE,
    ActivateLicense,
    GetLicense,
    IssueLicense,
    LicenseView,
    RevokeLicense,
)

CHECK_EVERY_S = 60.0
CHECK_SOONEST_S = 1.0


class License(Actor):
    """Checks the licence when it changes, once a minute, and at the moment it expires."""

    async def on_start(self) -> None:
        self._executor = self.executor("disk")
        self._store = await self._executor.run(LicenseStore, self.boot)
        self._view = UNKNOWN_LICENSE
        if self.boot.license.override:
            self.log.warning("the licence is overridden by a start-up flag", to=self.boot.license.override)
        await self._look()
        self.publish_state(self._view)
        self.start_task(self._keep_looking())

    @handles(GetLicense)
    def _get(self, _: GetLicense) -> LicenseView:
        return self._view

    @handles(ActivateLicense)
    async def _activate(self, message: ActivateLicense) -> LicenseView:
        return await self._after(self._store.activate, message.key)

    @handles(IssueLicense)
    async def _issue(self, message: IssueLicense) -> LicenseView:
        return await self._after(self._store.issue, message.licensee)

    @handles(RevokeLicense)
    async def _revoke(self, _: RevokeLicense) -> LicenseView:
        return await self._after(self._store.revoke)

    async def _after(self, change: Callable[..., object], *args: str) -> LicenseView:
        try:
            await self._executor.run(change, *args)
        except OSError as error:
            raise Unavailable(f"The licence cannot be stored: {error.strerror}") from error
        await self._look()
        return self._view

    async def _look(self) -> None:
        """Determine the current state, and publish it if it has changed."""
        before, self._view = self._view, await self._executor.run(self._store.view)
        self.degraded(self._view.reason if self._view.state == "UNKNOWN" else "")
        for note in self._store.notes:
            self.log.warning(note)
        if before is not UNKNOWN_LICENSE and before != self._view:
            self.log.info("the licence is now %s", self._view.state, source=self._view.source, why=self._view.reason)
            self.publish_state(self._view)

    async def _keep_looking(self) -> None:
        while True:
            left_s = self._view.expires_ms / 1000 - time.time() if self._view.is_pro else 0.0
            await asyncio.sleep(max(CHECK_SOONEST_S, min(CHECK_EVERY_S, left_s)) if left_s > 0 else CHECK_EVERY_S)
            await self._look()
