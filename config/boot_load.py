"""Reads the boot configuration: command line over environment over TOML over defaults. Errors are one line."""

import dataclasses
import ipaddress
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from config import places
from config.boot import Boot, CertificateBoot, DetectionBoot, LicenseBoot, RtspBoot
from config.boot_options import BY_NAME, OPTIONS, Option
from models.media.network_address import parse_network
from models.pool.invite import parse as parse_invite

CONFIG_FILE = "ipcamera.toml"
SECTIONS = {"rtsp": RtspBoot, "license": LicenseBoot, "certificate": CertificateBoot, "detection": DetectionBoot}
_SWITCH = {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}
_NETWORK = ("rtsp://", "rtsps://", "rtsp+http://", "http://", "https://")
_SOURCES = ("v4l2:", *_NETWORK, "pattern:")
_SOUNDS = ("alsa:", *_NETWORK, "tone:")
_SINKS = ("alsa:", "wav:")


class BootError(Exception):
    """The configuration cannot be used; the text is one line that says what to do."""


def load_boot(given: Mapping[str, object], environ: Mapping[str, str], config: Path | None = None) -> Boot:
    """The configuration of one run; creates nothing.

    Args:
        given: by option name, the values from the command line; None if not given.
        config: the TOML file; by default ``ipcamera.toml`` in the data directory, if there is one.

    Raises:
        BootError: a file that cannot be read, an unknown key, a value out of its limits.
    """
    stated = _stated(given, environ)
    file = config or _data_dir(stated, environ) / CONFIG_FILE
    values = _from_file(file, must_exist=config is not None) | stated
    data_dir = _data_dir(values, environ)
    boot = _build(values, data_dir, environ)
    _check(boot)
    return boot


def _stated(given: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, Any]:
    """The values from the environment and the command line."""
    values: dict[str, Any] = {}
    for option in OPTIONS:
        if option.environment and environ.get(option.environment, ""):
            values[option.name] = _convert(option, environ[option.environment], option.environment)
        if given.get(option.name) is not None:
            values[option.name] = _convert(option, given[option.name], option.flag or option.name)
    return values


def _from_file(file: Path, must_exist: bool) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise BootError(f"{file}: there is no such configuration file") from None
        return {}
    except OSError as error:
        raise BootError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BootError(f"{file} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise BootError(f"{file} is not valid TOML: {error}") from None
    return {name: _convert(_option(name, file), value, f"{file}: {name}") for name, value in _flat(content, file)}


def _flat(content: Mapping[str, Any], file: Path) -> list[tuple[str, object]]:
    flat: list[tuple[str, object]] = []
    for name, value in content.items():
        if name in SECTIONS and not isinstance(value, dict):
            raise BootError(f"{file}: {name} is a section: write [{name}]")
        flat += [(f"{name}.{key}", inner) for key, inner in value.items()] if name in SECTIONS else [(name, value)]
    return flat


def _option(name: str, file: Path) -> Option:
    if name not in BY_NAME:
        raise BootError(f"{file}: unknown key {name!r}; known keys are {', '.join(sorted(BY_NAME))}")
    return BY_NAME[name]


def _convert(option: Option, value: object, where: str) -> object:
    match option.kind:
        case "int":
            return _int(option, value, where)
        case "switch":
            switch = value if isinstance(value, bool) else _SWITCH.get(str(value).lower())
            if switch is None:
                raise BootError(f"{where}: {value!r} is not on or off")
            return switch
        case "list":
            parts = value if isinstance(value, list | tuple) else str(value).split(",")
            return tuple(str(part).strip() for part in parts if str(part).strip())
        case "path":
            if not isinstance(value, str | Path) or not str(value):
                raise BootError(f"{where}: expected a path")
            return Path(value).expanduser().absolute()
        case "text":
            if not isinstance(value, str):
                raise BootError(f"{where}: expected a text")
            if option.allowed and value not in option.allowed:
                raise BootError(
                    f"{where}: {value!r} is not one of {', '.join(word for word in option.allowed if word)}"
                )
            return value


def _int(option: Option, value: object, where: str) -> int:
    text = str(value).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if isinstance(value, bool) or not option.minimum <= number <= option.maximum:
        raise BootError(f"{where}: {value!r} is not a number from {option.minimum} to {option.maximum}")
    return number


def _data_dir(values: Mapping[str, Any], environ: Mapping[str, str]) -> Path:
    found: Path | None = values.get("data_dir")
    return found or places.default_data_dir(environ).absolute()


def _build(values: Mapping[str, Any], data_dir: Path, environ: Mapping[str, str]) -> Boot:
    own = {name: value for name, value in values.items() if "." not in name and name != "data_dir"}
    own |= {name: _absolute(own[name]) for name in ("source", "audio_source") if name in own}
    sections: dict[str, Any] = {}
    for section, kind in SECTIONS.items():
        names = {field.name for field in dataclasses.fields(kind)}
        inner = {name: values[f"{section}.{name}"] for name in names if f"{section}.{name}" in values}
        sections[section] = kind(
            **{name: str(value) if isinstance(value, Path) else value for name, value in inner.items()}
        )
    return Boot(
        data_dir=data_dir,
        run_dir=places.run_dir(data_dir, environ),
        shm_dir=places.shm_dir(data_dir),
        version=program_version(),
        **own,
        **sections,
    )


def _absolute(text: str) -> str:
    """A file by its full path: the actors' working directory is not the user's."""
    file = Path(text).expanduser()
    return str(file.absolute()) if file.is_file() else text


def program_version() -> str:
    try:
        return version("ipcamera")
    except PackageNotFoundError:
        return "0.0.0"


def _check(boot: Boot) -> None:
    """Checks of combinations of values, and of the system."""
    if boot.https_port and boot.https_port == boot.http_port:
        raise BootError(f"https_port and http_port are both {boot.https_port}; give each its own")
    for address in boot.bind:
        try:
            ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            raise BootError(f"bind: {address!r} is not an IP address of this host") from None
    if not boot.bind:
        raise BootError("bind: at least one address is needed, e.g. 0.0.0.0")
    if bool(boot.certificate.certificate) != bool(boot.certificate.key):
        raise BootError("certificate: certificate and key belong together; give both or none")
    if boot.detection.pool:
        try:
            parse_invite(boot.detection.pool)
        except ValueError as error:
            raise BootError(f"detection.pool: {error}") from None
    _check_media("source", boot.source, ("auto",), _SOURCES)
    _check_media("audio_source", boot.audio_source, ("auto", "none"), _SOUNDS)
    _check_media("speaker", boot.speaker, ("auto", "none"), _SINKS, files=False)


def _check_media(name: str, text: str, words: tuple[str, ...], schemes: tuple[str, ...], files: bool = True) -> None:
    if text.lower().startswith(_NETWORK) and _NETWORK[0] in schemes:
        try:
            parse_network(text)
        except ValueError as error:
            raise BootError(f"{name}: {_without_credentials(text)!r} cannot be opened: {error}") from None
        return
    if text in words or text.lower().startswith(schemes):
        return
    if files and Path(text).is_file():
        return
    known = ", ".join((*words, *schemes)) + (" and files" if files else "")
    problem = "there is no such file" if files and "/" in text else "unknown"
    raise BootError(f"{name}: {_without_credentials(text)!r}: {problem}; known are {known}")


def _without_credentials(text: str) -> str:
    return text.rpartition("@")[2] if "@" in text else text
