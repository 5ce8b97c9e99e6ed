"""Brokers and actors that end with the test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.actors.mqtt.broker import AVAILABLE, Broker, Listener
from tests.actors.mqtt.inprocess import InProcess, World


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
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[InProcess]]]:
    started: list[InProcess] = []

    async def begin(world: World, folder: str = "device") -> InProcess:
        (tmp_path / folder).mkdir(exist_ok=True)
        actor = InProcess(tmp_path / folder, world)
        started.append(actor)
        await actor.on_start()
        return actor

    yield begin
    for actor in started:
        await actor.die()


def world_of(broker: Broker, **settings: Any) -> World:
    address = {"mqttEnabled": True, "mqttBrokerUrl": "127.0.0.1", "mqttPort": broker.port}
    return World(**{**address, **settings})
