"""Many ONVIF subscribers for minutes: is each told everything, how late, and does anything grow?

    .venv/bin/python -m scripts.bench.onvif [minutes] [subscribers]

Half of them pull, half have a webhook, as Home Assistant does; each logs in by a UsernameToken for each request.
The motion detector is switched on and off before the moving test pattern. Lateness: from the UtcTime of a state to when
its subscriber has it, on one clock.
"""

import asyncio
import re
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from scripts.bench import machine
from tests.actors.onvif.onvif_kit import PASSWORD, USER, envelope, token
from tests.ports import free_port
from tests.wire.server import RunningServer

SWITCH_EVERY_S = 5.0
REPORT_EVERY_S = 60.0
PULL = "<tev:PullMessages><tev:Timeout>PT60S</tev:Timeout><tev:MessageLimit>100</tev:MessageLimit></tev:PullMessages>"
LIFE = "PT600S"
CHANGE = re.compile(rb'UtcTime="([^"]+)" PropertyOperation="Changed"')


class Crowd:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/onvif/event_service"
        self.late_ms: list[float] = []
        self.told: dict[int, int] = {}
        self.failures: list[str] = []

    def heard(self, who: int, body: bytes) -> None:
        now = time.time()
        for moment in CHANGE.findall(body):
            self.told[who] += 1
            self.late_ms.append(1000 * (now - datetime.fromisoformat(moment.decode()).timestamp()))

    def __str__(self) -> str:
        told, late = sorted(self.told.values()) or [0], sorted(self.late_ms) or [0.0]
        lateness = (
            f"{statistics.median(late):.0f} ms late p50, {late[int(len(late) * 0.99)]:.0f} p99, {late[-1]:.0f} most"
        )
        return f"told {told[0]}–{told[-1]}, {lateness}; failures {len(self.failures)}"

    async def ask(self, session: aiohttp.ClientSession, url: str, operation: str) -> bytes:
        async with session.post(url, data=envelope(operation, token(USER, PASSWORD))) as answer:
            body = await answer.read()
            if answer.status != 200:
                self.failures.append(f"{answer.status} {operation[:30]}")
            return body

    async def pull(self, who: int) -> None:
        self.told[who] = 0
        async with aiohttp.ClientSession() as session:
            life = f"<tev:InitialTerminationTime>{LIFE}</tev:InitialTerminationTime>"
            create = f"<tev:CreatePullPointSubscription>{life}</tev:CreatePullPointSubscription>"
            address = reference(await self.ask(session, self.url, create))
            while True:
                self.heard(who, await self.ask(session, address, PULL))

    async def listen(self, who: int) -> None:
        self.told[who] = 0

        async def take(request: web.Request) -> web.Response:
            self.heard(who, await request.read())
            return web.Response()

        app, port = web.Application(), free_port()
        app.router.add_post("/", take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        consumer = f"<wsa:Address>http://127.0.0.1:{port}/</wsa:Address>"
        reference_to = f"<wsnt:ConsumerReference>{consumer}</wsnt:ConsumerReference>"
        async with aiohttp.ClientSession() as session:
            subscribe = f"<wsnt:Subscribe>{reference_to}</wsnt:Subscribe>"
            address = reference(await self.ask(session, self.url, subscribe))
            while True:
                await asyncio.sleep(30)
                renew = f"<wsnt:Renew><wsnt:TerminationTime>{LIFE}</wsnt:TerminationTime></wsnt:Renew>"
                await self.ask(session, address, renew)


def reference(body: bytes) -> str:
    found = re.search(rb"<wsa:Address>(http://127[^<]*/subscription/[^<]+)", body)
    assert found is not None, body
    return found[1].decode()


async def figures(server: RunningServer) -> str:
    row = (await asyncio.to_thread(server.rows))["onvif"]
    files = len(list(Path(f"/proc/{row.pid}/fd").iterdir()))
    return (
        f"{row.pss_bytes / 2**20:5.1f} MB, {row.cpu_percent:4.1f} % of a core, {files} files, {row.restarts} restarts"
    )


async def run(minutes: float, count: int, server: RunningServer, port: int) -> None:
    crowd = Crowd(port)
    tasks = [asyncio.create_task(crowd.pull(n) if n % 2 else crowd.listen(n)) for n in range(count)]
    began, reported, on = time.monotonic(), 0.0, False
    while (passed := time.monotonic() - began) < minutes * 60:
        if passed >= reported:
            reported += REPORT_EVERY_S
            print(f"{passed / 60:4.1f} min: {await figures(server)}; {crowd}", flush=True)
        on = not on
        await asyncio.to_thread(server.post, "/settings", {"motionEnabled": on})
        await asyncio.sleep(SWITCH_EVERY_S)
        for task in tasks:
            if task.done():
                await task
    print(crowd.failures[:5])
    for task in tasks:
        task.cancel()


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    print(machine.describe())
    with tempfile.TemporaryDirectory() as directory:
        server = RunningServer(Path(directory) / "data")
        try:
            port = free_port()
            login = {"rtspUsername": USER, "rtspPassword": PASSWORD, "rtspPort": free_port(), "rtspEnabled": True}
            assert server.post("/api/rtsp/apply-settings", login)[0] == 200
            assert server.post("/settings", {"onvifPort": port, "onvifEnabled": True})[0] == 200
            server.wait_for(lambda: b'"running": true' in server.request("GET", "/api/onvif/status")[1])
            asyncio.run(run(minutes, count, server, port))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
