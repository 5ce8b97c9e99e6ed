"""What the small stream costs beside the large one.

.venv/bin/python -m scripts.bench.sub_tier [--seconds 30] [--source pattern|rtsp]

Players (FFmpeg) read `/stream`, then `/stream2` too, then none is there. Printed are the processor time of each part as
a share of one core, and the pictures a second of each tier: where the program was throttled, they are fewer.
``--source rtsp``: a camera whose H.264 is passed through (25 a second, 2 Mbit/s), so that only `sub` needs it decoded.
"""

import argparse
import subprocess
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from models.media.tier import Tier
from models.messages.camera import CAMERA, GetCamera
from models.messages.encoder import ENCODER, GetVideo
from models.messages.settings import SETTINGS, ChangeSettings
from scripts.bench import machine
from scripts.bench.first_picture import camera
from tests.actors.shared.media.rtsp_stand_in import StandIn
from tests.ports import free_port
from tests.wire.server import RunningServer

SIZE = (1280, 720)
KBPS, GOP_S = 2000, 2
SETTLE_S = 15.0  # until the rates are known, and until whatever a player kept running has ended
PATHS = {Tier.MAIN: "/stream", Tier.SUB: "/stream2"}


def player(port: int, tier: Tier) -> "subprocess.Popen[bytes]":
    url = f"rtsp://127.0.0.1:{port}{PATHS[tier]}"
    return subprocess.Popen(
        ("ffmpeg", "-v", "quiet", "-rtsp_transport", "tcp", "-i", url, "-c", "copy", "-f", "null", "-")
    )


def pictures(server: RunningServer, tier: Tier) -> int:
    return server.ask(ENCODER, GetVideo(tier)).frames_encoded


def weigh(server: RunningServer, what: str, seconds: float) -> None:
    time.sleep(SETTLE_S)
    names = machine.processes(server.process.pid)
    before, counted = {pid: machine.cpu_seconds(pid) for pid in names}, {tier: pictures(server, tier) for tier in Tier}
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    shares: defaultdict[str, float] = defaultdict(float)
    for pid, name in names.items():
        shares[name] += 100 * (machine.cpu_seconds(pid) - before[pid]) / took
    rates = {tier: (pictures(server, tier) - counted[tier]) / took for tier in Tier}
    parts = ", ".join(f"{name} {share:.1f}" for name, share in sorted(shares.items(), key=lambda one: -one[1])[:4])
    told = ", ".join(f"{tier} {rate:.1f}/s" for tier, rate in rates.items())
    print(f"  {what:<16} {sum(shares.values()):5.1f} % of a core ({parts})  {told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--source", choices=("pattern", "rtsp"), default="pattern")
    options = parser.parse_args()
    print(machine.describe())
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        source = "pattern:"
        if options.source == "rtsp":
            source = stack.enter_context(StandIn(camera(SIZE, GOP_S, KBPS))).url
        server = RunningServer(Path(directory) / "data", source=source)
        stack.callback(server.stop)
        port = free_port()
        wish = {"resolution": "{}x{}".format(*SIZE), "frameRate": 30, "rtspOpen": True}
        assert server.ask(SETTINGS, ChangeSettings(wish, "cli")).errors == ()
        assert server.post("/api/rtsp/apply-settings", {"rtspPort": port})[0] == 200
        assert server.post("/api/rtsp/start")[0] == 200
        server.wait_for(lambda: server.ask(CAMERA, GetCamera()).width == SIZE[0], 30)
        weigh(server, "nobody", options.seconds)
        players = []
        for what, tier in (("main", Tier.MAIN), ("main and sub", Tier.SUB)):
            players.append(player(port, tier))
            weigh(server, what, options.seconds)
        for one in players:
            one.kill()
            one.wait()
        weigh(server, "nobody again", options.seconds)
    print(machine.describe())


if __name__ == "__main__":
    main()
