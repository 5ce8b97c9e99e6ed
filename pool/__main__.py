"""``python -m pool``: the gateway's process, started by ``host``. Its configuration is JSON in the first argument.

It ends when Ray does, and ``host`` starts both again.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from api.listeners import Gate, GuardedSite
from api.server import HttpsRunner
from config.boot_load import load_boot
from config.logs import configure
from config.tls import certificate
from pool import limits, serving
from pool.app import Plan
from pool.gateway import Gateway
from pool.host import CONTROL, Orders, pool_boot
from pool.members import Members


async def serve_cameras(orders: Orders, plan: Plan, served: serving.RayServing) -> None:
    """Until a signal comes, or Ray ends."""
    boot = pool_boot(load_boot({}, os.environ))
    gateway = Gateway(Members(boot.data_dir), served, plan.places)
    tls = certificate.server_context(certificate.ensure(boot))
    runner = HttpsRunner(gateway.app())
    await runner.setup()
    nothing = HttpsRunner(web.Application())  # for clients without TLS: always 404
    await nothing.setup()
    gate = Gate(gateway.known)
    for descriptor in orders.listeners:
        await GuardedSite(runner, gate, socket.socket(fileno=descriptor), tls, nothing).start()
    control = web.Application()
    control.router.add_get("/status", gateway.status)
    control_runner = web.AppRunner(control, access_log=None)
    await control_runner.setup()
    path = Path(orders.run_dir) / CONTROL
    path.unlink(missing_ok=True)
    await web.UnixSite(control_runner, str(path)).start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    while not ended.is_set():
        found = await asyncio.to_thread(serving.replicas)  # raises when Ray is gone
        gateway.turns.places = max(1, sum(found.values())) * plan.places
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), limits.LOOK_EVERY_S)
    await runner.cleanup()
    await nothing.cleanup()
    await control_runner.cleanup()


def main() -> None:
    orders = Orders.read(json.loads(sys.argv[1]))
    log = configure(load_boot({}, os.environ), "pool")
    serving.connect(orders.cluster)
    plan = Plan(**orders.plan)
    served = serving.deploy(plan)
    log.info("the pool serves", replicas=serving.replicas())
    asyncio.run(serve_cameras(orders, plan, served))


if __name__ == "__main__":
    main()
