"""A subscriber of the drill's broker with a persistent session, so that it misses nothing while disconnected."""

import asyncio
import json
import logging
import secrets
import threading
from typing import Any

import gmqtt
from gmqtt.mqtt.constants import MQTTv311

TOPIC = "ipcamera/events/motion"
EXACTLY_ONCE = 2
CONNECT_S = 10.0
CLOSE_S = 5.0
logging.getLogger("gmqtt").setLevel(logging.CRITICAL + 1)  # the broker is stopped on purpose
RECONNECT = {"reconnect_delay": 1, "reconnect_retries": -1}


class Listener:
    """``heard``: ids of the events that came, in order. Raises ``OSError`` where the broker is not there."""

    def __init__(self, port: int) -> None:
        self.heard: list[int] = []
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._client = gmqtt.Client(f"drill-{secrets.token_hex(4)}", clean_session=False)
        self._client.set_config(RECONNECT)
        self._client.on_connect = self._connected
        self._client.on_message = self._message
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()
        if not self._subscribed.wait(CONNECT_S):
            self.close()
            raise OSError("the drill's own subscriber could not connect to the broker")

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_S)

    # ---------------------------------------------------------------- in its thread
    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.create_task(self._client.connect("127.0.0.1", self._port, version=MQTTv311))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _connected(self, client: Any, _flags: int, _code: int, _properties: Any) -> None:
        client.subscribe(TOPIC, qos=EXACTLY_ONCE)

    def _message(self, _client: Any, _topic: str, payload: bytes, _qos: int, _properties: Any) -> int:
        self.heard.append(json.loads(payload)["eventId"])
        return 0
