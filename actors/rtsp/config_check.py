"""Checks a request to change the RTSP configuration, as a whole. No I/O."""

from collections.abc import Mapping

from config.setting import INVALID_FORMAT, PORT_IN_USE, UNKNOWN
from config.settings import ValidationContext, validate
from models.messages.rtsp_session import Serving
from models.messages.settings import Credentials, Value

PASSWORD = "rtspPassword"  # noqa: S105 (the key's name)
OPEN, TLS, TLS_PORT = "rtspOpen", "rtspTlsEnabled", "rtspTlsPort"
SETTINGS_KEYS = ("rtspPort", "rtspPath", "rtspUsername", "rtspEnabled", OPEN, TLS, TLS_PORT)
PASSWORD_MAX = 256
UNCONFIRMED = "Repeat the dashboard's password in currentPassword"


def problems(
    values: Mapping[str, object], stored: Credentials, own_ports: frozenset[int], confirmed: bool = True
) -> tuple[str, ...]:
    """Errors ("key: reason") in the order of the request's keys; a login must be complete, or its absence confirmed."""
    found = []
    for key, value in values.items():
        if key == PASSWORD:
            found += [f"{PASSWORD}: {reason}"] if (reason := _password_problem(value)) else []
        elif key not in SETTINGS_KEYS:
            found.append(f"{key}: {UNKNOWN}")
        else:
            found += validate({key: value}, ValidationContext(own_ports=own_ports), confirmed=True).errors
            found += [f"{OPEN}: {UNCONFIRMED}"] if key == OPEN and value is True and not confirmed else []
    if found:
        return tuple(found)
    ports = [values[key] for key in ("rtspPort", TLS_PORT) if key in values]
    if len(ports) == 2 and ports[0] == ports[1]:
        return (f"{TLS_PORT}: {PORT_IN_USE}",)
    username, password = login(values, stored)
    if bool(username) != bool(password) and not {PASSWORD, "rtspUsername"}.isdisjoint(values):
        missing, there = (PASSWORD, "rtspUsername") if username else ("rtspUsername", PASSWORD)
        return (f"{missing}: Required together with {there}",)
    return ()


def login(values: Mapping[str, object], stored: Credentials) -> tuple[str, str]:
    """User name and password after the change; omitted ones are kept."""
    return str(values.get("rtspUsername", stored.username)), str(values.get(PASSWORD, stored.password))


def serving_with(values: Mapping[str, object], settings: Mapping[str, Value], stored: Credentials) -> Serving:
    """The configuration with checked ``values`` applied to what is stored."""
    normal = validate({key: value for key, value in values.items() if key != PASSWORD}, confirmed=True).values
    merged = {**settings, **normal}
    username, password = login({**values, **normal}, stored)
    tls_port = int(merged[TLS_PORT]) if merged[TLS] else 0
    return Serving(int(merged["rtspPort"]), str(merged["rtspPath"]), username, password, tls_port)


def _password_problem(value: object) -> str:
    if not isinstance(value, str):
        return "Expected string"
    if len(value) > PASSWORD_MAX:
        return f"Too long (max {PASSWORD_MAX})"
    return (
        INVALID_FORMAT if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in value) else ""
    )
