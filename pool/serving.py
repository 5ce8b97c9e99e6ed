"""Ray Serve as the gateway sees it: connected, deployed, asked."""

import asyncio
import contextlib
import logging
import time
from typing import Any

import ray
from ray import serve
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from pool import limits
from pool.app import OBJECTS, SOUNDS, Plan, deployments
from pool.gateway import ServingError
from pool.inference import Answer

NAMESPACE = "ipcamera"


class RayServing:
    """``pool.gateway.Serving``."""

    def __init__(self, handles: dict[str, DeploymentHandle]) -> None:
        self._pictures, self._sounds = handles[OBJECTS], handles[SOUNDS]

    async def pictures(self, question: bytes) -> Answer:
        return await self._asked(self._pictures, question)

    async def sound(self, samples: bytes, networks: tuple[str, ...]) -> Answer:
        return await self._asked(self._sounds, (samples, networks))

    async def _asked(self, handle: DeploymentHandle, question: object) -> Answer:
        response = handle.answer.remote(question)
        try:
            answer: Answer = await response
        except (RayError, RayServeException) as error:
            raise ServingError(f"{type(error).__name__}: {str(error).splitlines()[0]:.200}") from error
        except asyncio.CancelledError:
            response.cancel()
            raise
        return answer

    async def state(self) -> dict[str, object]:
        nodes = await asyncio.to_thread(ray.nodes)
        hosts = [
            {"address": one["NodeManagerAddress"], "resources": _shown(one["Resources"])}
            for one in nodes
            if one["Alive"]
        ]
        return {"hosts": hosts, "replicas": await asyncio.to_thread(replicas)}


def replicas() -> dict[str, int]:
    """How many run, by application."""
    found = {name: 0 for name in (OBJECTS, SOUNDS)}
    for name, application in serve.status().applications.items():
        for deployment in application.deployments.values():
            found[name] = deployment.replica_states.get("RUNNING", 0)
    return found


def connect(address: str) -> None:
    """Raises RuntimeError where no cluster comes up in time."""
    deadline = time.monotonic() + limits.START_S
    while True:
        with contextlib.suppress(ConnectionError):
            ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, logging_level="warning")
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"no cluster was started on {address} within {limits.START_S:.0f} s")
        time.sleep(limits.LOOK_EVERY_S)


def deploy(plan: Plan) -> RayServing:
    """Returns when every application has a replica."""
    serve.start(proxy_location="Disabled")  # the gateway is the only door
    logging.getLogger("ray.serve").setLevel(logging.WARNING)  # it tells of each question that was given up
    return RayServing({name: serve.run(made, name=name, route_prefix=None) for name, made in deployments(plan).items()})


def _shown(resources: dict[str, Any]) -> dict[str, float]:
    return {name: float(resources[name]) for name in ("CPU", "GPU") if name in resources}
