"""Pictures of the dashboard for the README: the whole program, a day of made-up events, a real browser.

scripts/screenshots [--source SOURCE]      writes docs/images/*.png, each below 300 KB
"""

import argparse
import random
import tempfile
import time
import uuid
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

from models.events import Detection
from models.messages.event_log import RecordEvent
from tests.browser.conftest import ARGUMENTS, CHROMIUM, CONNECTED, DESKTOP, PHONE
from tests.wire.server import RunningServer

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 300_000  # bytes
SHRINK = 0.85
DAY_MS = 86_400_000
MIDDAY = 12  # before it, yesterday has more to show
SETTINGS = {
    "deviceName": "Hallway",
    "setupDone": True,
    "motionEnabled": True,
    "motionCooldown": 10,
    "soundEnabled": True,
    "soundThreshold": 20,
    "rtspEnabled": True,
    "jpegQuality": 90,
}
SCENES = (
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


def make_up_a_day(server: RunningServer) -> None:
    """Events of the last 24 hours, around the hours at which a house lives."""
    rnd = random.Random(7)  # the same pictures each time
    now = time.time_ns() // 1_000_000
    for back in (0, DAY_MS):
        midnight = now - now % DAY_MS - back
        for hour in HOURS:
            for _ in range(rnd.randint(4, 11)):
                at = midnight + int((hour + rnd.gauss(0, 0.25)) * 3_600_000)
                kind, details, confidence = rnd.choices(KINDS, weights=(8, 3, 1, 4, 1))[0]
                if at < now:
                    found = {**details(rnd), **({"confidence": confidence} if confidence else {})}
                    event = Detection(uuid.uuid4().hex, kind, at, found, confidence)
                    server.ask("event_log", RecordEvent(event))


def take(page: Page, server: RunningServer, section: str, path: Path) -> None:
    page.goto(f"{server.url}/#{section}")
    page.get_by_label("Password").fill(server.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(CONNECTED)
    if section == "live":
        page.wait_for_selector(".stage:not(.dim)")
    if section == "events" and time.localtime().tm_hour < MIDDAY:
        page.get_by_role("button", name="The day before").click()
    page.wait_for_timeout(9000 if section == "detection" else 4000)
    save(page.screenshot(), path)


def save(png: bytes, path: Path) -> None:
    """As PNG, made smaller until it is small enough."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    while True:
        _, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
        if len(data) < LARGEST:
            break
        picture = cv2.resize(picture, None, fx=SHRINK, fy=SHRINK, interpolation=cv2.INTER_AREA)
    path.write_bytes(data.tobytes())
    print(f"{path.name}: {picture.shape[1]} × {picture.shape[0]}, {len(data) // 1000} KB")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    parser.add_argument("--source", default="pattern:", help="what the camera sees, as for `ipcamera run`")
    arguments = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        server = RunningServer(Path(directory) / "data", arguments.source, audio_source="tone:", settings=SETTINGS)
        try:
            make_up_a_day(server)
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            for section, size, scheme in SCENES:
                context = browser.new_context(ignore_https_errors=True, color_scheme=scheme, **size)
                name = f"{section}-phone.png" if size is PHONE else f"{section}.png"
                take(context.new_page(), server, section, IMAGES / name)
                context.close()
            browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
