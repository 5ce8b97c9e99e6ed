"""``scripts/service``: the server as a systemd service with its own user, confined as far as a camera allows.

All options are in an environment file that only root can read: there is no password in a unit, on a command line, or in
the journal.
"""

import grp
import os
import pwd
import re
import subprocess
import sys
import time
from pathlib import Path

from actors.runtime.control import Control
from config.boot_options import OPTIONS
from config.places import run_dir
from models.errors import ServerError
from scripts.ipcamera.welcome import first_password, owner_code

ROOT = Path(__file__).resolve().parents[2]
NAME = "ipcamera"
USER = "ipcamera"
UNIT = Path(f"/etc/systemd/system/{NAME}.service")
ENVIRONMENT = Path(f"/etc/{NAME}.env")
STATE = Path(f"/var/lib/{NAME}")
GROUPS = ("video", "audio", "render")  # cameras, sound, GPU
HOMES = ("/home", "/root", "/run/user")
READY_WITHIN_S = 120.0
USAGE = """scripts/service install [OPTIONS]   install; start now and at every boot; OPTIONS are those of `ipcamera run`
                                    and stay as they are where none is given
scripts/service show [OPTIONS]      print what install would write
scripts/service remove              stop and remove it; its data directory is kept"""
FLAGS = {option.flag: option for option in OPTIONS if option.flag}

TEMPLATE = """\
[Unit]
Description=IP Camera server
After=network-online.target sound.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
WatchdogSec=120
TimeoutStartSec=900
TimeoutStopSec=10
Restart=on-failure
RestartSec=5
KillMode=mixed
KillSignal=SIGINT
OOMPolicy=continue
LimitNOFILE=65536
User={user}
Group={user}
SupplementaryGroups={groups}
EnvironmentFile={environment}
ExecStartPre=-{program} models needed
ExecStart={program} run

StateDirectory={name}
StateDirectoryMode=0700
RuntimeDirectory={name}
RuntimeDirectoryMode=0700
UMask=0077
ProtectSystem=strict
ProtectHome=tmpfs
BindReadOnlyPaths={readable}
{writable}PrivateTmp=yes
RemoveIPC=yes

DevicePolicy=closed
DeviceAllow=char-video4linux rw
DeviceAllow=char-media rw
DeviceAllow=char-alsa rw
DeviceAllow=char-drm rw
DeviceAllow=char-nvidia-frontend rw
DeviceAllow=char-nvidia-uvm rw

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged

[Install]
WantedBy=multi-user.target
"""


class UsageError(Exception):
    """The arguments are invalid; the text says why."""


def parse(arguments: list[str]) -> dict[str, str]:
    """The options of ``ipcamera run`` by their environment variables; ``--flag value`` or ``--flag=value``."""
    values: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        option = FLAGS.get(flag)
        if option is None:
            raise UsageError(f"{flag}: a service cannot have this option")
        if not equals:
            if not rest:
                raise UsageError(f"{flag}: a value is missing")
            value = rest.pop(0)
        if not value.isprintable():
            raise UsageError(f"{flag}: line breaks and control characters are not allowed")
        former = values.get(option.environment)
        values[option.environment] = f"{former},{value}" if option.kind == "list" and former else value
    return values


def environment(values: dict[str, str]) -> str:
    """The environment file (systemd.exec(5), EnvironmentFile=): double quotes keep spaces and everything else."""
    escaped = {name: value.translate({ord(c): f"\\{c}" for c in '\\"`$'}) for name, value in values.items()}
    return "".join(f'{name}="{value}"\n' for name, value in escaped.items())


def former(path: Path = ENVIRONMENT) -> dict[str, str]:
    """What ``environment`` wrote; nothing where nothing is installed."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name: re.sub(r"\\(.)", r"\1", value[1:-1]) for name, _, value in pairs}


def unit(values: dict[str, str], groups: tuple[str, ...] = GROUPS) -> str:
    """The unit for these options."""
    data_dir = Path(values.get("IPCAMERA_DATA_DIR", STATE))
    writable = [] if data_dir == STATE else [data_dir]
    speaker = values.get("IPCAMERA_SPEAKER", "")
    writable += [Path(speaker[4:])] if speaker.startswith("wav:/") else []
    given = (values.get(name, "") for name in ("IPCAMERA_SOURCE", "IPCAMERA_AUDIO_SOURCE", "IPCAMERA_MODELS_DIR"))
    readable = {ROOT, Path(sys.base_prefix), *(Path(one) for one in given if one.startswith("/"))}
    return TEMPLATE.format(
        name=NAME,
        user=USER,
        groups=" ".join(groups),
        environment=ENVIRONMENT,
        program=_quoted(ROOT / ".venv" / "bin" / "ipcamera"),
        readable=" ".join(_quoted(path) for path in sorted(readable) if path == ROOT or _is_hidden(path)),
        writable="".join(f"BindPaths={_quoted(path)}\nReadWritePaths={_quoted(path)}\n" for path in writable),
    )


def _is_hidden(path: Path) -> bool:
    """Whether ``ProtectHome`` hides it from the service."""
    return any(path.is_relative_to(home) for home in HOMES)


def _quoted(path: Path) -> str:
    """A path as a word of a unit file (systemd.syntax(7))."""
    text = str(path).replace("%", "%%")
    if not any(character in text for character in " \t\"'\\:"):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace(":", "\\:") + '"'


# ---------------------------------------------------------------- doing it
def install(values: dict[str, str]) -> None:
    """Write, enable and start it, and say the password of the first start here instead of in the journal."""
    values = {"IPCAMERA_DATA_DIR": str(STATE), "IPCAMERA_LOG_FORMAT": "json", **(values or former())}
    _make_user()
    data_dir = Path(values["IPCAMERA_DATA_DIR"])
    if data_dir != STATE:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = pwd.getpwnam(USER)
        os.chown(data_dir, owner.pw_uid, owner.pw_gid)
    _write(ENVIRONMENT, environment(values), 0o600)
    _write(UNIT, unit(values, tuple(name for name in GROUPS if _has_group(name))), 0o644)
    _run("systemctl", "daemon-reload")
    _run("systemctl", "enable", NAME)
    _run("systemctl", "restart", NAME)  # returns when the service has reported that it is ready
    print("The service is running, and starts at every boot. Its log: journalctl -u ipcamera")
    print(f"Its status: sudo {ROOT}/.venv/bin/ipcamera status --data-dir {data_dir}")
    if password := _first_password(data_dir):
        print(f"Password: {password}   (shown only once)")
    if code := owner_code(run_dir(data_dir, os.environ)):
        print(f"To make it Pro: enter the code {code} in the dashboard, under System → Licence")


def remove() -> None:
    subprocess.run(["systemctl", "disable", "--now", NAME], check=False)
    for path in (UNIT, ENVIRONMENT):
        path.unlink(missing_ok=True)
    _run("systemctl", "daemon-reload")
    print(f"Removed. Its data in {STATE} and its user {USER} are still there.")


def _make_user() -> None:
    try:
        pwd.getpwnam(USER)
    except KeyError:
        _run("useradd", "--system", "--user-group", "--home-dir", str(STATE), "--shell", "/usr/sbin/nologin", USER)


def _has_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _first_password(data_dir: Path) -> str:
    run = run_dir(data_dir, os.environ)
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            Control(run).close()
            break
        except ServerError:
            time.sleep(0.2)
    return first_password(run)


def _write(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    os.fchmod(descriptor, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def main(arguments: list[str]) -> int:
    what, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    try:
        if what == "show":
            values = parse(rest)
            print(unit(values))
            print(f"# {ENVIRONMENT} (0600)\n{environment(values)}", end="")
            return 0
        if what not in ("install", "remove") or (what == "remove" and rest):
            print(USAGE, file=sys.stderr)
            return 2
        if os.geteuid() != 0:
            print(f"This needs root: sudo scripts/service {what}", file=sys.stderr)
            return 1
        install(parse(rest)) if what == "install" else remove()
    except (UsageError, subprocess.CalledProcessError, OSError) as error:
        print(f"scripts/service: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
