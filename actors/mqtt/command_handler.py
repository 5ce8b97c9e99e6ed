"""Carries out commands: checked by the settings, never while commands are switched off, and with a rate limit."""

import asyncio
import time
from collections.abc import Callable

from actors.mqtt.connection import Connection, IncomingMessage
from actors.runtime.actor import Actor
from config.settings import REGISTRY
from models.detect import DETECTORS
from models.errors import Invalid, LimitReached, Refused, ServerError
from models.messages.camera import CAMERA, Capture, SetTorch
from models.messages.settings import SETTINGS, ChangeResult, ChangeSettings
from models.messages.speaker import SPEAKER, Speak
from models.messages.supervisor import SUPERVISOR, RestartActor
from models.mqtt import commands, limits, payloads
from models.mqtt.command_queue import CommandQueue
from models.mqtt.topics import Topics
from models.rate_limit import TokenBucket

CAPTURE_S = 15.0
TOO_MANY = "Too many commands are waiting"
# What may be restarted over MQTT: actors whose restart affects only their own viewers.
RESTARTABLE = frozenset({"camera", "microphone", "encoder", "speaker", "rtsp", "mqtt", *DETECTORS})


class CommandHandler:
    """``refused`` is called with each command that was not carried out, after its result was published."""

    def __init__(self, actor: Actor, refused: Callable[[], None]) -> None:
        self._actor = actor
        self._refused = refused
        self._bucket = TokenBucket(limits.COMMANDS_PER_S, limits.COMMANDS_BURST)
        self._restarts = TokenBucket(1 / limits.RESTART_EVERY_S, 1)
        self._waiting: CommandQueue[IncomingMessage] = CommandQueue(limits.COMMANDS_WAITING)
        self._arrived = asyncio.Event()

    def arrived(self, connection: Connection, topics: Topics, message: IncomingMessage) -> None:
        """A message under ``control/`` has arrived: it waits for its turn."""
        if not commands.is_command(topics, message.topic) or connection.lost.done():
            return
        if self._waiting.put(message.topic.removeprefix(topics("control/")), message):
            self._arrived.set()
            return
        self._actor.log.warning("a command was refused: too many are waiting", topic=message.topic)
        connection.publish(topics.result, payloads.dumps(payloads.result(message.topic, TOO_MANY)))
        self._refused()

    async def execute(self, connection: Connection, topics: Topics) -> None:
        """Carry out waiting commands in order. Never returns; those of an earlier connection are dropped."""
        self._waiting = CommandQueue(limits.COMMANDS_WAITING)
        while True:
            if not len(self._waiting):
                self._arrived.clear()
                await self._arrived.wait()
            if self._bucket.take(time.monotonic()):
                await self._execute(connection, topics, self._waiting.pop())
            else:
                await asyncio.sleep(self._bucket.wait_s())

    async def _execute(self, connection: Connection, topics: Topics, message: IncomingMessage) -> None:
        """Carry it out and publish the result. Whether it is permitted is checked before it is parsed."""
        try:
            self._admit(message)
            more = await self._do(commands.parse(topics, message.topic, message.payload))
        except ServerError as error:
            self._actor.log.info("a command was not carried out", topic=message.topic, reason=error.detail)
            await connection.assure(
                topics.result, payloads.dumps(payloads.result(message.topic, error.detail)), retain=False
            )
            self._refused()
        else:
            self._actor.log.info("a command was carried out", topic=message.topic)
            await connection.assure(
                topics.result, payloads.dumps(payloads.result(message.topic, more=more)), retain=False
            )

    def _admit(self, message: IncomingMessage) -> None:
        if self._actor.settings["mqttCommandsEnabled"] is not True:
            raise Refused("Commands are switched off")
        if message.retained:
            raise Refused("Retained commands are not accepted")

    async def _do(self, command: commands.Command) -> dict[str, object]:
        """The fields of the result besides success."""
        match command:
            case commands.SetValue():
                return await self._set(command.key, command.value)
            case commands.SetStreaming():
                change = ChangeSettings({"streaming": command.on}, "mqtt", internal=True)
                _accepted(await self._actor.actor(SETTINGS).ask(change))
            case commands.SetTorch():
                return await self._torch(command.on)
            case commands.TakeCapture():
                still = await self._actor.actor(CAMERA).ask(Capture(), CAPTURE_S)
                return {"captureId": still.capture_id}
            case commands.Restart():
                await self._restart(command.actor)
            case commands.Say():
                spoken = await self._actor.actor(SPEAKER).ask(Speak(command.text, command.voice, command.volume))
                return {"durationMs": spoken.duration_ms}
        return {}

    async def _set(self, key: str, value: commands.Value) -> dict[str, object]:
        """Only settings that Home Assistant shows may be set: nothing about access, addresses or the broker."""
        setting = REGISTRY.get(key)
        if setting is None or not setting.home_assistant:
            raise Invalid(f"{key[:64]}: Unknown setting")
        wanted = commands.typed(setting.kind, value)
        if key == "rtspEnabled" and wanted is True and not self._rtsp_is_settled():
            raise Refused("RTSP has no login yet: switch it on in the dashboard first")
        change = ChangeSettings({key: wanted}, "mqtt")
        _accepted(await self._actor.actor(SETTINGS).ask(change))
        return {}

    def _rtsp_is_settled(self) -> bool:
        """Whether a login is set, or RTSP open: a login that is created could not be shown over MQTT."""
        settings = self._actor.settings
        return settings["rtspOpen"] is True or (bool(settings["rtspUsername"]) and settings["rtspHasPassword"] is True)

    async def _torch(self, on: bool | None) -> dict[str, object]:
        lit = await self._actor.actor(CAMERA).ask(SetTorch(on))
        _accepted(await self._actor.actor(SETTINGS).ask(ChangeSettings({"torchEnabled": lit}, "mqtt", internal=True)))
        return {"torchEnabled": lit}

    async def _restart(self, name: str) -> None:
        if name not in RESTARTABLE:
            raise Invalid(f"{name[:64]}: Cannot be restarted")
        if not self._restarts.take(time.monotonic()):
            raise LimitReached("Rate limit exceeded")
        if name == self._actor.name:  # it could never be answered
            self._actor.start_task(self._restart_myself())
            return
        await self._actor.actor(SUPERVISOR).ask(RestartActor(name))

    async def _restart_myself(self) -> None:
        await asyncio.sleep(limits.GOODBYE_S)  # until the result is sent
        await self._actor.actor(SUPERVISOR).ask(RestartActor(self._actor.name))


def _accepted(result: ChangeResult) -> None:
    if result.errors:
        raise Invalid("; ".join(result.errors))
    if result.pro_blocked:
        raise Refused("Pro license required")
