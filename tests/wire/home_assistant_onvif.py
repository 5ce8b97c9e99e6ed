"""Run by Home Assistant's own Python: its onvif integration adds a camera, and says what it made of it and when.

Arguments: a directory, the camera's host ("" to discover it) and port, user, password, our own host and port. Lines of
JSON: {"camera", "stream", "snapshot"}, and {"name", "state", "at"} for each state of a sensor. Ends with its input.
"""

import asyncio
import json
import sys
import time
from typing import Any

from homeassistant import bootstrap, core, loader
from homeassistant.auth import auth_manager_from_config
from homeassistant.components.camera import async_get_image, async_get_stream_source
from homeassistant.config_entries import ConfigEntries
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.setup import async_setup_component


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


async def added(hass: core.HomeAssistant, host: str, port: str, user: str, password: str) -> Any:
    """What a person would do in the dialogue."""
    flow, login = hass.config_entries.flow, {"username": user, "password": password}
    step = await flow.async_init("onvif", context={"source": "user"})
    number = step["flow_id"]
    step = await flow.async_configure(number, {"auto": not host})
    if not host:
        offered = list(step["data_schema"].schema["host"].container)
        say(discovered=offered)
        step = await flow.async_configure(number, {"host": offered[-1]})
        host, port = (step["data_schema"]({**login})[key] for key in ("host", "port"))
    return await flow.async_configure(number, {"name": "Camera", "host": host, "port": int(port), **login})


async def main(directory: str, host: str, port: str, user: str, password: str, own_host: str, own_port: str) -> None:
    hass = core.HomeAssistant(directory)
    hass.config.skip_pip = True
    hass.config.internal_url = f"http://{own_host}:{own_port}"
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    hass.auth = await auth_manager_from_config(hass, [], [])
    http = {"server_host": [own_host], "server_port": int(own_port)}
    for component, values in (("homeassistant", {}), ("http", http), ("webhook", {}), ("ffmpeg", {})):
        assert await async_setup_component(hass, component, {component: values}), component
    await hass.async_start()
    result = await added(hass, host, port, user, password)
    assert result["type"] == "create_entry", result
    await hass.async_block_till_done()
    cameras = [state.entity_id for state in hass.states.async_all("camera")]
    streams = [await async_get_stream_source(hass, camera) for camera in cameras]
    image = await async_get_image(hass, cameras[0], 20)
    say(camera=cameras, stream=streams, snapshot=len(image.content))

    def changed(event: core.Event) -> None:
        state = event.data["new_state"]
        if state is not None and state.entity_id.startswith("binary_sensor."):
            say(name=state.entity_id, state=state.state, at=time.time())

    hass.bus.async_listen(EVENT_STATE_CHANGED, core.callback(changed))
    for state in hass.states.async_all("binary_sensor"):
        say(name=state.entity_id, state=state.state, at=time.time())
    await asyncio.to_thread(sys.stdin.read)
    await hass.async_stop()


asyncio.run(main(*sys.argv[1:]))
