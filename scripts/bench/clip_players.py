"""Other people's players, each shown a clip: ffprobe and ffmpeg, mpv, and Chromium by ``<video>``, with seeking."""

import random
import subprocess
from bisect import bisect
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

from tests.wire.server import RunningServer
from tests.wire.test_clips import NOWHERE

CHROMIUM = "/usr/bin/chromium"
# Plays the beginning, seeks to each place, and plays the end: [time, bar code] of each place.
PLAY = """async ([url, places]) => {
  const video = document.createElement("video");
  const happens = (name) => new Promise((done, failed) => {
    video.addEventListener(name, done, { once: true });
    video.addEventListener("error", () => failed(new Error(video.error.message)), { once: true });
    setTimeout(() => failed(new Error(`no ${name} at ${video.currentTime} s`)), 60000);
  });
  const ready = happens("loadeddata");
  video.muted = true;
  video.src = url;
  document.body.replaceChildren(video);
  await ready;
  await video.play();
  while (video.currentTime < Math.min(0.2, video.duration / 4)) await happens("timeupdate");
  video.pause();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 240];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const shown = [];
  for (const place of places) {
    const there = happens("seeked");
    const painted = new Promise((done) => video.requestVideoFrameCallback(done));  // may come after it, or never
    video.currentTime = place * video.duration;
    await there;
    await Promise.race([painted, new Promise((done) => setTimeout(done, 2000))]);
    context.drawImage(video, 0, 0, 320, 240);
    const bright = (bit) => context.getImageData(bit * 20 + 10, 20, 1, 1).data[0] > 128;
    let number = 0;
    for (let bit = 0; bit < 16; bit++) number += bright(bit) << bit;
    shown.push([video.currentTime, number]);
  }
  const over = happens("ended");
  video.currentTime = Math.max(0, video.duration - 0.3);
  await video.play();
  await over;
  return shown;
}"""


def wrong(path: Path) -> list[str]:
    """What ffprobe, ffmpeg and mpv complain of."""
    strict = ("ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-i", str(path), *NOWHERE)
    quiet = ("--no-config", "--msg-level=all=error", "--vo=null", "--ao=null", "--ao-null-untimed", "--untimed")
    said = []
    for command in (("ffprobe", "-v", "error", str(path)), strict, ("mpv", *quiet, str(path))):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode or done.stderr or done.stdout:
            said.append(f"{command[0]}: {(done.stderr + done.stdout).strip()[:200] or done.returncode}")
    return said


class Browser:
    """A page of the server, in which its clips are played."""

    def __init__(self, page: Page, running: RunningServer) -> None:
        self._page, self._token = page, running.token
        page.goto(f"{running.url}/health")

    def faults(self, clip: dict[str, Any], times: list[float], numbers: list[int], dice: random.Random) -> list[str]:
        """``numbers``: what the pictures show that begin at ``times``."""
        places = [dice.uniform(0, 0.99) for _ in range(3)]
        try:
            shown = self._page.evaluate(PLAY, [f"{clip['video']}?token={self._token}", places])
        except Error as error:
            return [f"Chromium: {error}".splitlines()[0]]
        said = []
        for at, number in shown:
            last = bisect(times, at) - 1  # the picture of this moment, or a neighbour: it may be about to change
            near = numbers[max(0, last - 1) : last + 2]
            if number not in near:
                said.append(f"Chromium: another picture after seeking: {number}, not of {[*map(int, near)]}")
        return said
