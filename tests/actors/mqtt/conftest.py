"""Brokers and actors that end with the test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from config.boot import Boot
from tests.actors.mqtt.broker import AVAILABLE, Broker, Listener
from tests.actors.mqtt.inprocess import Kit


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    if not AVAILABLE:
        pytest.skip("mosquitto and mosquitto-clients are not installed")
    made: list[Broker] = []

    def make(**about: Any) -> Broker:
        made.append(Broker(tmp_path / f"broker{len(made)}", **about).start())
        return made[-1]

    yield make
    for broker in made:
        broker.stop()


@pytest.fixture
def broker(make_broker: Callable[..., Broker]) -> Broker:
    return make_broker()


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    listening: list[Listener] = []

    def begin(broker: Broker, *topics: str) -> Listener:
        listening.append(Listener(broker, *topics))
        return listening[-1]

    yield begin
    for listener in listening:
        listener.stop()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Kit]]]:
    """``await start(broker, mqttUseTls=True)``: the actor on a device of its own, in ``folder``."""
    async with AsyncExitStack() as stack:

        async def begin(broker: Broker | None = None, folder: str = "device", **about: Any) -> Kit:
            places = [tmp_path / folder / name for name in ("data", "run", "shm")]
            for place in places:
                place.mkdir(parents=True)
            kit = Kit(Boot(*places, version="0.1.0", log_level="warning"), broker, **about)
            stack.callback(kit.check)
            stack.push_async_callback(kit.kill)
            await kit.start()
            return kit

        yield begin
