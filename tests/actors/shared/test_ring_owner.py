"""What camera, microphone and encoder have in common: a lease lets them run, and the last one's end lets them rest."""

import asyncio

import pytest

from actors.runtime import leases
from actors.shared import ring_owner
from actors.shared.ring_owner import STANDBY_AFTER_S, RingOwner
from config.boot import Boot
from models.messages.media import Lease
from tests.actor_kit import ActorKit
from tests.clock import Clock


class Lamp(RingOwner):
    """Fills ``frames``; ``steered``: each time it looked, whether it is wanted, and was lately."""

    async def on_start(self) -> None:
        self.steered: list[tuple[bool, bool]] = []
        self.ticked = asyncio.Event()
        self.begin_steering()

    def steer(self) -> None:
        wanted = self.leases.wanted("frames")
        self.steered.append((wanted, self.lately(wanted)))

    async def on_tick(self) -> None:
        await super().on_tick()
        self.ticked.set()
        self.ticked.clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(leases, "time", clock)
    monkeypatch.setattr(ring_owner, "time", clock)
    return clock


async def test_a_lease_is_acted_on_at_once(boot: Boot, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_owner, "TICK_S", 3600.0)
    async with ActorKit(Lamp, boot, "camera") as kit:
        assert kit.actor.steered == [(False, True)], "it looks when it starts; who starts it may want it soon"
        await kit.tell(Lease("frames", "rtsp", 3.0), "rtsp")
        await kit.tell(Lease("frames", "rtsp", 0), "rtsp")
        assert kit.actor.steered[1:] == [(True, True), (False, True)]


async def test_a_lease_ends_and_standby_begins_without_a_message(
    boot: Boot, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ring_owner, "TICK_S", 0.001)
    async with ActorKit(Lamp, boot, "camera") as kit:
        await kit.tell(Lease("frames", "rtsp", 3.0), "rtsp")
        await kit.actor.ticked.wait()
        assert kit.actor.steered[-1] == (True, True)
        clock.now += 3.1
        await kit.actor.ticked.wait()
        assert kit.actor.steered[-1] == (False, True)
        clock.now += STANDBY_AFTER_S
        await kit.actor.ticked.wait()
        assert kit.actor.steered[-1] == (False, False)
        await kit.tell(Lease("frames", "rtsp", 3.0), "rtsp")
        assert kit.actor.steered[-1] == (True, True)
