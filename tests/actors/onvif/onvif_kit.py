"""The ONVIF actor in the test's loop, with a real port, and clients of other people's making."""

import asyncio
import base64
import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import onvif
import onvif.settings

from actors.onvif.actor import Onvif
from config.boot import Boot
from models.messages.camera import CameraView
from models.messages.detector import DetectorView, SwitchView
from models.messages.rtsp import RtspView
from models.messages.settings import Credentials
from models.onvif.xml import NAMESPACES
from tests.actor_kit import ActorKit
from tests.ports import free_port

USER, PASSWORD = "viewer", "secret12"
WSDL = str(Path(onvif.__file__).parent / "wsdl")
CAMERA = CameraView("running", True, "Test pattern", "pattern", 1280, 720, 30.0)
onvif.settings.DEFAULT_SETTINGS.strict = True  # an answer that is not as the WSDL says is an error


class House:
    def __init__(self, kit: ActorKit[Onvif], port: int) -> None:
        self.kit, self.port = kit, port
        self.url = f"http://127.0.0.1:{port}/onvif/device_service"

    def detect(self, **switches: bool) -> None:
        """What the detectors say from now on."""
        shown = tuple(SwitchView(key, True, active, 0) for key, active in switches.items())
        self.kit.state(DetectorView("motion", shown, 5.0, 1.0), "motion")

    @contextlib.asynccontextmanager
    async def client(self, user: str = USER, password: str = PASSWORD) -> AsyncIterator[onvif.ONVIFCamera]:
        """onvif-zeep-async, as Home Assistant uses it."""
        camera = onvif.ONVIFCamera("127.0.0.1", self.port, user, password, WSDL, no_cache=True)
        await camera.update_xaddrs()
        try:
            yield camera
        finally:
            await camera.close()

    async def post(self, body: str | bytes, path: str = "", **about: Any) -> tuple[int, bytes, Any]:
        """(status, body, headers) of bytes that no client of good manners sends."""
        url = f"http://127.0.0.1:{self.port}{path}" if path else self.url
        middlewares = about.pop("middlewares", ())
        async with (
            aiohttp.ClientSession(middlewares=middlewares) as session,
            session.post(url, data=body, **about) as answer,
        ):
            return answer.status, await answer.read(), answer.headers


@contextlib.asynccontextmanager
async def house(boot: Boot, login: bool = True, **settings: Any) -> AsyncIterator[House]:
    port = settings.pop("onvifPort", None) or free_port()
    values = {"onvifEnabled": True, "onvifPort": port, "rtspEnabled": True, "audioEnabled": True, **settings}
    kit = ActorKit(Onvif, replace(boot, bind=("127.0.0.1",)), settings=values)
    if login:
        kit.credentials["rtsp"] = Credentials(USER, PASSWORD)
        kit.stored |= {"rtspUsername": USER, "rtspHasPassword": True}
    kit.state(CAMERA, "camera")
    kit.state(RtspView(True, True, 8554, "/stream", 0), "rtsp")
    async with kit:
        made = House(kit, port)
        await kit.until(lambda: kit.actor._server.port or kit.degraded)
        yield made


def envelope(operation: str, header: str = "", prefix: str = "tds") -> str:
    """A request for "<tds:Operation/>"."""
    declared = " ".join(f'xmlns:{name}="{uri}"' for name, uri in NAMESPACES.items())
    return f"<s:Envelope {declared}><s:Header>{header}</s:Header><s:Body>{operation}</s:Body></s:Envelope>"


def token(user: str = USER, password: str = PASSWORD) -> str:
    """A WS-UsernameToken of now."""
    nonce, created = (
        secrets.token_bytes(16),
        datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
    digest = hashlib.sha1(nonce + created.encode() + password.encode()).digest()
    nonce_text, digest_text = (base64.b64encode(part).decode() for part in (nonce, digest))
    kind = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
    return (
        f"<wsse:Security><wsse:UsernameToken><wsse:Username>{user}</wsse:Username>"
        f'<wsse:Password Type="{kind}">{digest_text}</wsse:Password><wsse:Nonce>{nonce_text}</wsse:Nonce>'
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )


async def gathered(*waited: Any) -> list[Any]:
    return list(await asyncio.gather(*waited))
