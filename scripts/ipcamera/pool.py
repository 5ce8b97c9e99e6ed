"""``ipcamera pool``: run a pool of powerful hosts for detection, invite cameras, show its status (docs/pool.md)."""

import http.client
import importlib.util
import json
import os
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from config import places
from config.boot import Boot
from config.boot_load import load_boot
from config.boot_options import OBJECT_MODELS
from config.network import reachable
from config.tls import certificate
from models.errors import ServerError
from models.pool.invite import Invite
from pool.host import CONTROL, Host, HostPlan, pool_boot
from pool.members import Members
from scripts.ipcamera.console import NOT_RUNNING, AsJson, fail

PORT = 8460
ANSWER_S = 5.0
PORT_FILE = "port"
PoolDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", envvar="IPCAMERA_POOL_DIR", help="Directory of the pool's certificate and its list of cameras."
    ),
]

app = typer.Typer(help="Detection for many cameras on a pool of powerful hosts.", invoke_without_command=True)


@app.callback()
def run(
    context: typer.Context,
    data_dir: PoolDir = None,
    port: Annotated[int, typer.Option(help="Port for cameras, over TLS.", min=0, max=65535)] = PORT,
    bind: Annotated[list[str] | None, typer.Option(help="Address to listen on; may be repeated.")] = None,
    network: Annotated[
        str, typer.Option(help="Ray's network: own, the name of a network namespace, or shared.")
    ] = "own",
    address: Annotated[str, typer.Option(help="This host's address in the cluster's network.")] = "127.0.0.1",
    join: Annotated[str, typer.Option(help="HOST:PORT of the head of the cluster to join as one more host.")] = "",
    cluster: Annotated[str, typer.Option(help="HOST:PORT of a Ray head on this host that something else runs.")] = "",
    object_model: Annotated[str, typer.Option(help=f"{' or '.join(OBJECT_MODELS)}")] = OBJECT_MODELS[0],
    replicas: Annotated[int, typer.Option(help="Maximum number of replicas of each model.", min=1, max=64)] = 8,
    cpus_each: Annotated[float, typer.Option(help="CPUs per replica.", min=0.1)] = 0.5,
    gpus_each: Annotated[float, typer.Option(help="GPUs per replica; may be a fraction.", min=0.0)] = 0.0,
    cpus: Annotated[int | None, typer.Option(help="CPUs of this host to use; all if omitted.")] = None,
    gpus: Annotated[int | None, typer.Option(help="GPUs of this host to use; all if omitted.")] = None,
) -> None:
    """Run this host of the pool until Ctrl-C. Needs the extra ipcamera[pool]."""
    if context.invoked_subcommand is not None:
        return
    if importlib.util.find_spec("ray") is None:
        fail("a pool needs Ray: pip install 'ipcamera[pool]'")
    if object_model not in OBJECT_MODELS:
        fail(f"there is no object model {object_model}; there are {', '.join(OBJECT_MODELS)}")
    boot = _boot(data_dir)
    plan = HostPlan(
        port,
        tuple(bind or ("0.0.0.0", "::")),  # noqa: S104 - a pool is meant to be reached
        network,
        address,
        join,
        cluster,
        cpus,
        gpus,
        {"object_model": object_model, "replicas": replicas, "cpus": cpus_each, "gpus": gpus_each},
    )

    def ready(bound: int) -> None:
        (boot.run_dir / PORT_FILE).write_text(str(bound))
        if join:
            typer.echo(f"This host has joined the pool of {join}.")
        else:
            typer.echo(f"The pool is starting on port {bound}. Invite a camera with: ipcamera pool invite NAME")

    Host(boot, plan).run(ready)


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="Name of the camera in this pool.")],
    host: Annotated[str, typer.Option(help="Name or address at which the camera reaches this host.")] = "",
    port: Annotated[int, typer.Option(help="Port of the pool; that of the running one if omitted.")] = 0,
    data_dir: PoolDir = None,
) -> None:
    """Print the line that lets a camera use this pool, for `[detection] pool = "…"` in its ipcamera.toml."""
    boot = _boot(data_dir)
    try:
        places.make_private(boot.data_dir)
        token = Members(boot.data_dir).invite(name)
        fingerprint = certificate.view(certificate.public_pem(certificate.ensure(boot))).fingerprint_sha256
    except ServerError as error:
        fail(error.detail)
    except OSError as error:
        fail(f"{boot.data_dir} cannot be written: {error.strerror}")
    where = host or _own_address()
    typer.echo(
        Invite(f"https://{f'[{where}]' if ':' in where else where}:{port or _port(boot)}", fingerprint, token).line()
    )


@app.command()
def revoke(name: str, data_dir: PoolDir = None) -> None:
    """Stop a camera from using this pool, from its next picture on."""
    try:
        Members(_boot(data_dir).data_dir).revoke(name)
    except ServerError as error:
        fail(error.detail)
    typer.echo(f"{name} was revoked.")


@app.command()
def status(data_dir: PoolDir = None, as_json: AsJson = False) -> None:
    """Show hosts, replicas, cameras and response times."""
    boot = _boot(data_dir)
    try:
        found = _asked(boot.run_dir / CONTROL)
    except (OSError, http.client.HTTPException, ValueError):
        fail(f"no pool is using {boot.data_dir}; start one with `ipcamera pool`", NOT_RUNNING)
    typer.echo(json.dumps(found, indent=1) if as_json else _in_words(found))


def _in_words(found: dict[str, Any]) -> str:
    lines = [f"Host     {one['address']}: {_resources(one['resources'])}" for one in found["hosts"]]
    lines.append(f"Replicas {', '.join(f'{name} {count}' for name, count in found['replicas'].items())}")
    batches = ", ".join(f"{size}: {count}" for size, count in found["batch"].items()) or "none yet"
    lines += [f"Answers  p50 {_ms(found['p50Ms'])}, p99 {_ms(found['p99Ms'])}; pictures per batch {batches}"]
    for name, state in found["members"].items():
        one = found["cameras"].get(name)
        if one is None:
            lines.append(
                f"Camera   {name}: {'nothing since the start' if state == 'here' else 'invited, not connected yet'}"
            )
            continue
        refused = "".join(f", {count} {why}" for why, count in one["refused"].items())
        lines.append(f"Camera   {name}: {one['perSecond']}/s, {one['answered']} answered{refused}")
    return "\n".join(lines)


def _resources(resources: dict[str, float]) -> str:
    return ", ".join(f"{count:g} {name}" for name, count in resources.items()) or "no resources"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value} ms"


def _asked(control: Path) -> dict[str, Any]:
    connection = http.client.HTTPConnection("pool", timeout=ANSWER_S)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.settimeout(ANSWER_S)
        connection.sock.connect(str(control))
        connection.request("GET", "/status")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        return found
    finally:
        connection.close()


def _boot(given: Path | None) -> Boot:
    default = places.default_data_dir(os.environ).with_name("ipcamera-pool")
    return pool_boot(load_boot({"data_dir": (given or default).expanduser().absolute()}, os.environ))


def _port(boot: Boot) -> int:
    try:
        return int((boot.run_dir / PORT_FILE).read_text())
    except (OSError, ValueError):
        return PORT  # it is not running yet


def _own_address() -> str:
    """The first address that is not loopback."""
    return next(map(str, reachable.outer_addresses()), "127.0.0.1")
