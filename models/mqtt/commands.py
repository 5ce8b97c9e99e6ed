"""Parser of messages under ``control/``. Permissions are checked elsewhere."""

import json
from dataclasses import dataclass

from models.errors import Invalid
from models.mqtt.limits import COMMAND_BYTES
from models.mqtt.topics import Topics

Value = str | int | bool

# The original product's six switches, and the setting that each one sets.
SWITCHES = {
    "motion/enabled": "motionEnabled",
    "sound/enabled": "soundEnabled",
    "vision/person/enabled": "objectPersonDetectionEnabled",
    "vision/dog/enabled": "objectDogDetectionEnabled",
    "classification/dog_bark/enabled": "dogBarkClassificationEnabled",
    "classification/baby_cry/enabled": "babyCryClassificationEnabled",
}
_WORDS = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
_TOGGLE = ("", "press", "toggle")


@dataclass(frozen=True, slots=True)
class SetValue:
    """``value`` is text where only the setting itself says what it means."""

    key: str
    value: Value


@dataclass(frozen=True, slots=True)
class SetStreaming:
    on: bool


@dataclass(frozen=True, slots=True)
class SetTorch:
    on: bool | None  # None toggles


@dataclass(frozen=True, slots=True)
class TakeCapture: ...


@dataclass(frozen=True, slots=True)
class Restart:
    actor: str


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    voice: str = ""
    volume: int = 100


Command = SetValue | SetStreaming | SetTorch | TakeCapture | Restart | Say


def is_command(topics: Topics, topic: str) -> bool:
    """Whether this topic is a command. Our own results, which we receive too, are not."""
    return topic.startswith(topics("control/")) and topic != topics.result


def parse(topics: Topics, topic: str, payload: bytes) -> Command:
    """The command under a topic that ``is_command``.

    Raises:
        Invalid: a command that can't be read; the text says why.
    """
    rest = topic.removeprefix(topics("control/"))
    if len(payload) > COMMAND_BYTES:
        raise Invalid(f"More than {COMMAND_BYTES} bytes")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise Invalid("Not UTF-8") from None
    return _command(rest, text)


def _command(rest: str, text: str) -> Command:
    if rest in SWITCHES:
        return SetValue(SWITCHES[rest], _boolean(text))
    if rest == "streaming/set":
        return SetStreaming(_boolean(text))
    if rest == "torch":
        return SetTorch(None if text.lower() in _TOGGLE else _boolean(text))
    if rest == "capture":
        return TakeCapture()
    if rest == "restart":
        return Restart("camera" if text.lower() in _TOGGLE else text)
    if rest == "tts":
        return _speech(text)
    words = rest.split("/")
    if len(words) == 3 and words[0] == "setting" and words[2] == "set":
        return SetValue(words[1], _unwrapped(text, "value"))
    raise Invalid("Unknown command")


def typed(kind: str, value: Value) -> Value:
    """The value converted to the setting's ``kind`` (boolean, int, string).

    A value that does not fit is passed on unchanged: the settings check reports it as in the API.
    """
    if kind == "boolean" and isinstance(value, str | int):
        return _WORDS.get(str(value).lower(), value)
    if kind == "string":
        return value if isinstance(value, str) else str(value)
    if kind == "int" and isinstance(value, str):
        return _whole(value)
    return value


def _whole(text: str) -> Value:
    """Home Assistant's templates may send ``5.0`` for 5."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 2**53 else text


def _boolean(text: str) -> bool:
    value = _unwrapped(text, "enabled")
    word = _WORDS.get(str(value).lower())
    if word is None:
        raise Invalid("Expected true, false, ON, OFF or an object with enabled")
    return word


def _unwrapped(text: str, field: str) -> Value:
    """The value of ``field`` of a JSON object, a JSON scalar, or the text itself."""
    loaded = _json(text)
    if isinstance(loaded, dict):
        loaded = loaded.get(field, loaded.get("value"))
    return loaded if isinstance(loaded, bool | int | str) else text


def _speech(text: str) -> Say:
    loaded = _json(text)
    if not isinstance(loaded, dict):
        loaded = {"text": text}
    said, voice, volume = loaded.get("text"), loaded.get("voice", ""), loaded.get("volume", 100)
    if not isinstance(said, str) or not said.strip():
        raise Invalid("text: Expected string")
    if not isinstance(voice, str):
        raise Invalid("voice: Expected string")
    if not isinstance(volume, int) or isinstance(volume, bool) or not 0 <= volume <= 100:
        raise Invalid("volume: Value must be between 0 and 100")
    return Say(said.strip(), voice, volume)


def _json(text: str) -> object:
    """The parsed JSON, None for plain text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
