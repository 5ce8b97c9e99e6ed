"""A real mosquitto on a free loopback port, and what somebody else sees there."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gmqtt import Client

from tests.ports import free_port

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
SUBSCRIBE = shutil.which("mosquitto_sub") or ""
PUBLISH = shutil.which("mosquitto_pub") or ""
FORMAT = "%r\t%t\t%x"  # the payload in hex: it may be a picture
AVAILABLE = bool(SUBSCRIBE and PUBLISH and Path(MOSQUITTO).exists())


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A self-signed certificate and its key."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@dataclass
class Broker:
    folder: Path
    extra: tuple[str, ...] = ()  # lines of mosquitto.conf
    users: dict[str, str] = field(default_factory=dict)
    tls: tuple[Path, Path] | None = None
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Broker":
        self.folder.mkdir(exist_ok=True)
        lines = [
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {self.folder}/",
            *self.extra,
        ]
        lines += ["log_type error", f"log_dest file {self.folder}/log"]
        if self.users:
            passwords = self.folder / "passwords"
            passwords.write_text("".join(f"{name}:{password}\n" for name, password in self.users.items()))
            passwords.chmod(0o600)
            subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, capture_output=True)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            lines.append("allow_anonymous true")
        if self.tls:
            lines += [f"certfile {self.tls[0]}", f"keyfile {self.tls[1]}"]
        config = self.folder / "mosquitto.conf"
        config.write_text("user root\n" + "\n".join(lines) + "\n" if os.getuid() == 0 else "\n".join(lines) + "\n")
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise AssertionError("mosquitto did not start")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(10)
            self.process = None

    def arguments(self) -> list[str]:
        login = [part for name, password in list(self.users.items())[:1] for part in ("-u", name, "-P", password)]
        secure = ["--cafile", str(self.tls[0])] if self.tls else []
        return ["-h", "127.0.0.1", "-p", str(self.port), *login, *secure]

    def publish(self, topic: str, payload: str, *more: str) -> None:
        subprocess.run(
            [PUBLISH, *self.arguments(), "-t", topic, "-m", payload, "-q", "1", *more], check=True, timeout=10
        )

    def flood(self, topic: str, payloads: list[str]) -> None:
        lines = "\n".join(payloads).encode()
        subprocess.run([PUBLISH, *self.arguments(), "-t", topic, "-l"], input=lines, check=True, timeout=10)

    def retained(self, topic: str = "#") -> dict[str, str]:
        """What a new subscriber gets at once."""
        run = subprocess.run(
            [SUBSCRIBE, *self.arguments(), "-t", topic, "--retained-only", "-W", "1", "-F", "%t\t%p"],
            capture_output=True, timeout=10,
        )  # fmt: skip
        lines = run.stdout.decode(errors="replace").splitlines()
        return dict(line.split("\t", 1) for line in lines if "\t" in line)


class Listener:
    """mosquitto_sub with a session of its own: (topic, payload, retained) in order of arrival."""

    def __init__(self, broker: Broker, *topics: str) -> None:
        filters = [part for topic in topics for part in ("-t", topic)]
        self.heard: list[tuple[str, str, bool]] = []
        self._process = subprocess.Popen(
            [SUBSCRIBE, *broker.arguments(), "-i", f"listener-{id(self)}", "-c", "-q", "2", *filters, "-F", FORMAT],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()
        time.sleep(0.3)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            retained, topic, payload = line.decode().rstrip("\n").split("\t", 2)
            self.heard.append((topic, bytes.fromhex(payload).decode(errors="replace"), retained == "1"))

    def topics(self) -> list[str]:
        return [topic for topic, _, _ in self.heard]

    def payloads(self, topic: str) -> list[str]:
        return [payload for heard, payload, _ in self.heard if heard == topic]

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(5)


async def scenes(broker: Broker, messages: dict[str, str]) -> None:
    """All of them over one connection, as Home Assistant does."""
    client = Client("scene")
    await client.connect("127.0.0.1", broker.port)
    for topic, payload in messages.items():
        client.publish(topic, payload)
    await client.disconnect()


def shown(broker: Broker) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(broker.retained("ipcamera/state/settings")["ipcamera/state/settings"])
    return state
