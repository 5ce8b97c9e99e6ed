"""The actor: compares what is announced with what there is to announce."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from zeroconf import Error, InterfaceChoice, IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from actors.mdns.services import Service, instance, services
from actors.runtime.actor import Actor, handles
from config.device_id import device_id
from config.network.reachable import listens_at, names, outer_addresses
from models.messages import State
from models.messages.facade import PortsView
from models.messages.rtsp import RtspView
from models.messages.settings import Value

ENABLED = "mdnsEnabled"
LOOK_EVERY_S = 15.0  # for the device's addresses; states are handled at once
RETRY_S = 60.0  # after a failure, such as a missing network
REGISTER_S = 20.0  # three probes and the announcements of RFC 6762 §8 take two seconds


@dataclass(frozen=True, slots=True)
class Announcement:
    name: str
    server: str
    addresses: tuple[str, ...]
    services: tuple[Service, ...]


NOTHING = Announcement("", "", (), ())


class Mdns(Actor):
    """Checks what there is to announce whenever a state changes, and periodically."""

    oom_score = 800
    memory_mb = 200

    @classmethod
    def wanted(cls, settings: Mapping[str, Value]) -> bool:
        return bool(settings[ENABLED])

    async def on_start(self) -> None:
        # It tells of each interface without a route with a traceback; what fails as a whole is raised.
        logging.getLogger("zeroconf").setLevel(logging.CRITICAL)
        self._zeroconf: AsyncZeroconf | None = None
        self._told = NOTHING
        self._changed = asyncio.Event()
        self._device_id = await self.executor("disk").run(device_id, self.boot.data_dir)
        self.start_task(self._keep_announcing())

    async def on_settings(self, changed: frozenset[str]) -> None:
        if "deviceName" in changed:
            self._changed.set()

    async def on_stop(self) -> None:
        await self._withdraw()

    @handles(PortsView)
    @handles(RtspView)
    def _state(self, _old: State | None, _new: State) -> None:
        self._changed.set()

    # ---------------------------------------------------------------- what to announce
    def _wanted(self) -> Announcement:
        ports, rtsp = self.latest(PortsView), self.latest(RtspView)
        addresses = tuple(str(one) for one in outer_addresses() if listens_at(one, self.boot.bind))
        if ports is None or not addresses:
            return NOTHING
        rtsp_port, path = (rtsp.port, rtsp.path) if rtsp is not None and rtsp.running else (0, "")
        server = next((name for name in names() if name.endswith(".local")), "ipcamera.local")
        offered = services(ports.https, rtsp_port, path, self._device_id, self.boot.version)
        return Announcement(instance(str(self.settings["deviceName"])), f"{server}.", addresses, offered)

    # ---------------------------------------------------------------- announcing
    async def _keep_announcing(self) -> None:
        while True:
            pause = LOOK_EVERY_S
            self._changed.clear()
            if (wanted := self._wanted()) != self._told:
                try:
                    await self._withdraw()
                    await self._announce(wanted)
                    self.degraded("")
                except (OSError, Error) as error:  # an invalid name is an Error too
                    await self._withdraw()
                    self.degraded(f"the announcement could not be sent: {error or type(error).__name__}")
                    pause = RETRY_S
            try:
                async with asyncio.timeout(pause):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _announce(self, wanted: Announcement) -> None:
        if not wanted.services:
            self._told = wanted
            return
        versions = {4 if "." in address else 6 for address in wanted.addresses}
        chosen = IPVersion.All if len(versions) == 2 else IPVersion.V4Only if 4 in versions else IPVersion.V6Only
        self._zeroconf = AsyncZeroconf(interfaces=InterfaceChoice.All, ip_version=chosen)
        async with asyncio.timeout(REGISTER_S):
            for service in wanted.services:
                info = ServiceInfo(
                    service.kind,
                    f"{wanted.name}.{service.kind}",
                    port=service.port,
                    properties=dict(service.text),
                    server=wanted.server,
                    parsed_addresses=list(wanted.addresses),
                )
                await (await self._zeroconf.async_register_service(info, allow_name_change=True))
        self._told = wanted
        self.log.info("announced", name=wanted.name, server=wanted.server, services=len(wanted.services))

    async def _withdraw(self) -> None:
        """Goodbye (RFC 6762 §10.1)."""
        self._told = NOTHING
        if self._zeroconf is not None:
            zeroconf, self._zeroconf = self._zeroconf, None
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()
