"""Pictures of the dashboard for the documents: the whole program, a day of made-up events, a real browser.

scripts/screenshots [--source SOURCE]      writes docs/images/*.png, each below 300 KB

The film is a part of one-by-one-person-detection.mp4 (Intel, github.com/intel-iot-devkit/sample-videos, CC BY 4.0).
"""

import argparse
import random
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from models.events import Detection
from models.messages.detector import GetDetector
from models.messages.event_log import RecordEvent
from tests.browser.conftest import ARGUMENTS, CHROMIUM, CONNECTED, DESKTOP, PHONE
from tests.models.detect.samples import SAMPLES, WEIGHTS
from tests.wire.server import RunningServer

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 300_000  # bytes
FILM = SAMPLES / "video" / "one_by_one_1-3.mp4"
SEEN_WITHIN_S = 300  # the film begins again after 74 s
COLOURS = "split[one][two];[one]palettegen=stats_mode=single[few];[two][few]paletteuse=dither=sierra2_4a"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
EVENING = 19  # o'clock, in the pictures: the day's events lie behind it
SETTINGS = {
    "deviceName": "Hallway",
    "setupDone": True,
    "motionEnabled": True,
    "motionCooldown": 10,
    "soundEnabled": True,
    "soundThreshold": 20,
    "objectPersonDetectionEnabled": True,
    "rtspEnabled": True,
}
SCENES = (
    ("setup/name", PHONE, "light"),
    ("setup/detectors", PHONE, "light"),
    ("live", DESKTOP, "dark"),
    ("detection", DESKTOP, "dark"),
    ("events", DESKTOP, "light"),
    ("system", DESKTOP, "dark"),
    ("settings", DESKTOP, "light"),
    ("live", PHONE, "light"),
    ("events", PHONE, "dark"),
)
KINDS = (
    ("MOTION", lambda rnd: {"changedPercent": round(rnd.uniform(2, 30), 1), "width": 1280, "height": 720}, None),
    ("ANY_SOUND", lambda rnd: {"db": -round(rnd.uniform(14, 33), 1), "rms": 0.05}, None),
    ("DOG_BARK", lambda _: {"className": "Bark"}, 88),
    ("OBJECT_PERSON", lambda _: {"objectClass": "person", "eventType": "appeared"}, 91),
    ("OBJECT_DOG", lambda _: {"objectClass": "dog", "eventType": "appeared"}, 84),
)
HOURS = (7.2, 7.6, 8.1, 12.4, 13.0, 15.8, 16.3, 17.5, 18.2, 19.4, 21.0)  # when somebody comes or goes


def evening_zone() -> tuple[str, int]:
    """A time zone in which it is evening now, and its milliseconds before UTC."""
    ahead = (EVENING - time.gmtime().tm_hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}", ahead * HOUR_MS  # POSIX counts westward


def make_up_a_day(server: RunningServer, ahead_ms: int) -> None:
    """Events of yesterday and today, around the hours at which a house lives."""
    rnd = random.Random(7)  # the same pictures each time
    now = time.time_ns() // 1_000_000
    for back in (0, DAY_MS):
        midnight = now - (now + ahead_ms) % DAY_MS - back
        for hour in HOURS:
            for _ in range(rnd.randint(4, 11)):
                at = midnight + int((hour + rnd.gauss(0, 0.25)) * HOUR_MS)
                kind, details, confidence = rnd.choices(KINDS, weights=(8, 3, 1, 4, 1))[0]
                if at < now:
                    found = {**details(rnd), **({"confidence": confidence} if confidence else {})}
                    event = Detection(uuid.uuid4().hex, kind, at, found, confidence)
                    server.ask("event_log", RecordEvent(event), 30)


def sees_somebody(server: RunningServer) -> bool:
    return any(switch.active for switch in server.ask("object_detector", GetDetector(), 30).switches)


def take(page: Page, server: RunningServer, section: str, path: Path) -> None:
    page.goto(f"{server.url}/#{section}")
    page.get_by_label("Password").fill(server.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(CONNECTED)
    if section == "live":
        page.wait_for_selector(".stage:not(.dim)")
        server.wait_for(lambda: not sees_somebody(server), SEEN_WITHIN_S)
        server.wait_for(lambda: sees_somebody(server), SEEN_WITHIN_S)
    if section == "system":
        page.wait_for_selector("[data-actor=encoder]", timeout=SEEN_WITHIN_S * 1000)
    page.wait_for_timeout(9000 if section == "detection" else 4000)
    page.screenshot(path=path)
    few_colours(path)


def few_colours(path: Path) -> None:
    """256 of them are enough for a document, and a third of the bytes."""
    full = path.rename(path.with_suffix(".full.png"))
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", full, "-vf", COLOURS, "-pred", "mixed", path], check=True)
    full.unlink()
    size = path.stat().st_size
    print(f"{path.name}: {size // 1000} KB")
    assert size < LARGEST, path.name


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures of the documents.")
    parser.add_argument("--source", default=str(FILM), help="what the camera sees, as for `ipcamera run`")
    arguments = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    zone, ahead_ms = evening_zone()
    environment = {"TZ": zone, "IPCAMERA_MODELS_DIR": str(WEIGHTS)}
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        data_dir = Path(directory) / "data"
        server = RunningServer(
            data_dir, arguments.source, audio_source="tone:", settings=SETTINGS, environment=environment
        )
        try:
            make_up_a_day(server, ahead_ms)
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            for section, size, scheme in SCENES:
                look = {"color_scheme": scheme, "timezone_id": zone, **size}
                context = browser.new_context(ignore_https_errors=True, **look)
                name = section.replace("setup/", "first-") + ("-phone.png" if size is PHONE else ".png")
                take(context.new_page(), server, section, IMAGES / name)
                context.close()
            browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
