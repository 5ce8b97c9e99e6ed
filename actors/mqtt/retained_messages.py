"""Retained messages: what should be at the broker, what is, and the difference sent."""

import asyncio

from actors.mqtt.connection import Connection


class RetainedMessages:
    """``want`` may be called at any time; ``keep`` brings it about while there is a connection."""

    def __init__(self) -> None:
        self._wanted: dict[str, bytes] = {}
        self._there: dict[str, bytes] = {}
        self._changed = asyncio.Event()

    def want(self, messages: dict[str, bytes]) -> None:
        self._wanted = messages
        self._changed.set()

    def forget(self, *topics: str) -> None:
        """Send these again, whether or not the broker has them; without topics, everything."""
        for topic in topics or tuple(self._there):
            self._there.pop(topic, None)
        self._changed.set()

    async def keep(self, connection: Connection) -> None:
        """Never returns; ``BrokerConnectionError`` when the connection is gone."""
        while True:
            self._changed.clear()
            await self._send_difference(connection)
            await self._changed.wait()

    async def _send_difference(self, connection: Connection) -> None:
        for topic, payload in list(self._wanted.items()):
            if self._there.get(topic) != payload:
                await connection.assure(topic, payload, retain=True)
                self._there[topic] = payload
