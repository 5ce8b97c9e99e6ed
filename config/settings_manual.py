"""docs/settings.md, made from the registry and the table of boot options."""

from config.boot import Boot
from config.boot_options import OPTIONS, Option
from config.paths import default_data_dir
from config.setting import Setting
from config.settings import REGISTRY

HEAD = """\
# Settings

Made by `scripts/manual` from `config/` — change the entries there, not this file.

Settings change while the program runs: in the dashboard, by `POST /settings`, over the WebSocket, over MQTT, or with
`ipcamera settings set KEY=VALUE`. A request is taken whole or not at all, and it is on disk before it is acknowledged
(`settings.json` in the data directory, mode 0600; the last good file is kept beside it).

- **Pro**: switching it on needs a Pro licence with this feature. Without one the switch counts as off; its stored value
  stays, and holds again when the licence is back.
- **needs**: has no effect while that other switch is off.
- **restart**: saved immediately, used when the RTSP server next starts (`POST /api/rtsp/apply-settings` does both).
- **extension**: not one of the 44 keys of the interface this server is compatible with.

Passwords are not settings: `ipcamera settings credentials rtsp|mqtt`, `/api/rtsp/apply-settings` and
`/api/mqtt/apply-settings` store them, in the same file, and nothing shows them.
"""
BOOT_HEAD = """\
# Start options

What is fixed for one run. The command line beats the environment, that beats the TOML file (`ipcamera.toml` in the data
directory, or `--config FILE`), and that beats the default. Keys with a dot stand in a section: `[rtsp]`, then
`max_sessions = 5`.

| TOML | environment | `ipcamera run` | default | meaning |
|---|---|---|---|---|
"""
TAIL = """
`IPCAMERA_PASSWORD` sets the password at the first start instead of a random one.
"""


def manual() -> str:
    """The whole file."""
    groups: dict[str, list[Setting]] = {}
    for setting in REGISTRY.values():
        groups.setdefault(setting.group, []).append(setting)
    parts = [HEAD]
    for group, settings in groups.items():
        rows = "".join(f"{_row(setting)}\n" for setting in settings)
        parts.append(f"\n## {group}\n\n| key | values | default | what it does |\n|---|---|---|---|\n{rows}")
    return "".join([*parts, "\n", BOOT_HEAD, *(f"{_boot_row(option)}\n" for option in OPTIONS), TAIL])


def _row(setting: Setting) -> str:
    default = setting.default_note or (f"`{_word(setting.default)}`" if setting.default != "" else "empty")
    remarks = [
        f"**Pro** `{setting.pro}`" if setting.pro else "",
        f"**needs** `{setting.needs}`" if setting.needs else "",
        "**restart**" if setting.applies == "restart" else "",
        "**read-only**" if setting.read_only else "",
        "**extension**" if setting.extension else "",
    ]
    text = " · ".join([f"{setting.title}. {setting.help}", *(remark for remark in remarks if remark)])
    return f"| `{setting.key}` | {_values(setting)} | {default} | {text} |"


def _values(setting: Setting) -> str:
    if setting.kind == "boolean":
        return "true, false"
    if setting.choices:
        return f"{', '.join(str(choice) for choice in setting.choices)} {setting.unit}".rstrip()
    if setting.kind == "int":
        return f"{setting.minimum}–{setting.maximum} {setting.unit}".rstrip()
    return f"one of `{setting.options_from}`" if setting.options_from else f"text, ≤ {setting.max_length}"


def _boot_row(option: Option) -> str:
    cells = (f"`{cell}`" if cell else "–" for cell in (option.name, option.environment, option.flag))
    allowed = f" ({', '.join(word for word in option.allowed if word)})" if option.allowed else ""
    return f"| {' | '.join(cells)} | {_boot_default(option)} | {option.meaning}{allowed} |"


def _boot_default(option: Option) -> str:
    if option.name == "data_dir":
        return "`$XDG_DATA_HOME/ipcamera`"
    place = default_data_dir({})
    value: object = Boot(place, place, place)
    for name in option.name.split("."):
        value = getattr(value, name)
    if isinstance(value, tuple):
        value = ", ".join(value)
    return f"`{_word(value)}`" if value not in ("", None) else "–"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
