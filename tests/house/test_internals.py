"""Private parts of libraries: what we use is as it was when it was tested, and nobody uses them elsewhere."""

import ast
import asyncio
import inspect
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import gmqtt
import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from gmqtt.mqtt.constants import MQTTv50
from gmqtt.mqtt.handler import MQTTConnectError

from actors.mqtt import gmqtt_internals
from actors.runtime import thespian_layer
from api import aiohttp_internals
from tests.house.tree_of_code import ROOT, files, name, parsed

PINS = {
    "thespian": thespian_layer.PINNED,
    "aiohttp": aiohttp_internals.PINNED,
    "gmqtt": gmqtt_internals.PINNED,
}
THEIR_FILES = {Path(module.__file__) for module in (thespian_layer, aiohttp_internals, gmqtt_internals)}
THE_SYSTEMS = frozenset({"_exit", "_replace"})  # os._exit and namedtuple._replace are documented


@pytest.mark.parametrize("library", PINS)
def test_the_tested_version_is_pinned_and_here(library: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"{library}=={PINS[library]}" in project["dependencies"]
    assert version(library) == PINS[library]


def our_private_names() -> set[str]:
    names = set()
    for path in files():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return names


def foreign(path: Path, ours: set[str]) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Attribute) or node.attr in ours | THE_SYSTEMS:
            continue
        if node.attr.startswith("_") and not node.attr.startswith("__"):
            yield f"{name(path)}:{node.lineno}: {ast.unparse(node)}"


def test_private_parts_of_libraries_are_used_in_those_files_only() -> None:
    ours = our_private_names()
    assert [use for path in files() if path not in THEIR_FILES for use in foreign(path, ours)] == []


# ---------------------------------------------------------------- gmqtt
async def test_a_publish_can_be_packed_and_repeated() -> None:
    client = gmqtt.Client("test")
    gmqtt_internals.reserve(client, 7)
    assert gmqtt_internals.transport(client) is None
    assert gmqtt_internals.connack_properties(client) == {}
    gmqtt_internals.stop_using(client)
    assert client._is_active is False
    packet = gmqtt_internals.duplicate(gmqtt.Message("a/b", b"x", qos=2), 7, MQTTv50)
    assert packet == bytes((0b0011_1100, 9, 0, 3)) + b"a/b" + bytes((0, 7, 0)) + b"x"  # MQTT 5 §3.3
    assert gmqtt_internals.pubrel(7, MQTTv50) == bytes((0x62, 4, 0, 7, 0, 0))  # §3.6
    assert gmqtt_internals.reason_code(MQTTConnectError(135)) == 135


# ---------------------------------------------------------------- aiohttp
def test_aiohttp_has_the_hooks_that_we_override() -> None:
    assert inspect.iscoroutinefunction(web.AppRunner._make_server)
    assert web.StreamResponse._length_check is True
    assert "handle_error" in vars(RequestHandler)
    taken = inspect.signature(RequestHandler.handle_error).parameters
    assert [*taken] == ["self", "request", "status", "exc", "message"]


async def test_an_app_runner_makes_our_connections() -> None:
    runner = aiohttp_internals.AppRunner(web.Application(), 1.0, {"access_log": None})
    await runner.setup()
    assert isinstance(runner.server, aiohttp_internals.Server)
    connection = runner.server()
    assert isinstance(connection, aiohttp_internals.Connection)
    assert connection._manager is runner.server
    assert runner.server._loop is asyncio.get_running_loop()
    await runner.cleanup()
