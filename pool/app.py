"""What Ray Serve runs: one deployment for pictures, one for sound. The number of replicas follows the load.

They have no state: what is lost with one is requested again, or analysed by the camera itself.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ray import serve

from config.boot_load import load_boot
from pool import limits
from pool.inference import Answer

OBJECTS, SOUNDS = "objects", "sounds"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is served, and on which resources. ``gpus`` and ``cpus``: per replica, may be fractions."""

    object_model: str = "yolox_nano"
    replicas: int = limits.REPLICAS
    cpus: float = 0.5
    gpus: float = 0.0

    @property
    def batch(self) -> int:
        return limits.BATCH_GPU if self.gpus else limits.BATCH_CPU

    @property
    def places(self) -> int:
        """Requests in progress at one replica."""
        return self.batch * limits.PLACES_PER_BATCH


Q = TypeVar("Q")


def together(answer: Callable[[Any, list[Q]], Awaitable[list[Answer]]]) -> Any:
    """Called with one request, it answers several in a batch: as many as the plan says (``set_max_batch_size``)."""
    return serve.batch(max_batch_size=limits.BATCH_GPU, batch_wait_timeout_s=limits.BATCH_WAIT_S)(answer)


class Pictures:
    def __init__(self, plan: Plan) -> None:
        from actors.detector.inference import Engine
        from pool.inference import Objects

        boot = load_boot({}, os.environ)
        boot = replace(boot, detection=replace(boot.detection, object_model=plan.object_model))
        self.answer.set_max_batch_size(plan.batch)
        self._objects = Objects(boot, Engine(gpu=plan.gpus > 0))

    @together
    async def answer(self, questions: list[bytes]) -> list[Answer]:
        return await asyncio.to_thread(self._objects.answer, questions)


class Sound:
    def __init__(self, plan: Plan) -> None:
        from actors.detector.inference import Engine
        from pool.inference import Sounds

        self.answer.set_max_batch_size(plan.batch)
        self._sounds = Sounds(load_boot({}, os.environ), Engine(gpu=plan.gpus > 0))

    @together
    async def answer(self, questions: list[tuple[bytes, tuple[str, ...]]]) -> list[Answer]:
        return await asyncio.to_thread(self._sounds.answer, questions)


def deployments(plan: Plan) -> dict[str, Any]:
    """The applications of Ray Serve, by name."""
    return {OBJECTS: _deployed(Pictures, OBJECTS, plan), SOUNDS: _deployed(Sound, SOUNDS, plan)}


def _deployed(kind: type, name: str, plan: Plan) -> Any:
    resources = {"num_cpus": plan.cpus, "num_gpus": plan.gpus}
    deployment = serve.deployment(
        name=name,
        ray_actor_options=resources,
        max_ongoing_requests=2 * plan.places,
        health_check_period_s=limits.HEALTH_EVERY_S,
        health_check_timeout_s=limits.HEALTH_PATIENCE_S,
        autoscaling_config={
            "min_replicas": 1,
            "max_replicas": plan.replicas,
            "target_ongoing_requests": limits.TARGET_ONGOING * plan.places,
            "upscale_delay_s": limits.UPSCALE_S,
            "downscale_delay_s": limits.DOWNSCALE_S,
        },
    )(kind)
    return deployment.bind(plan)
