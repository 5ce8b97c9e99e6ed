"""Checks of what is connected to the device (cameras, microphones, speakers) and of what uses it (encoder, models)."""

import errno
import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path

from actors.camera import v4l2
from actors.camera.usb_devices import device_paths
from actors.runtime.control import Control
from config.boot import Boot
from config.command import command
from config.files import text_of
from config.weights import catalogue, store
from models.messages.camera import CAMERA, GetCamera
from models.messages.encoder import ENCODER, GetVideo
from models.messages.microphone import MICROPHONE, GetMicrophone
from models.messages.speaker import SPEAKER, GetSpeaker
from scripts.ipcamera.checks.check_result import CheckResult
from scripts.ipcamera.console import ask_if_up
from scripts.ipcamera.welcome import picture

PCM = Path("/proc/asound/pcm")
SOUND_DEVICES = Path("/dev/snd")
JOIN = "add the user to the group: sudo usermod -aG {group} $USER, then log in again"


def check(boot: Boot, control: Control | None) -> Iterator[CheckResult]:
    yield from _camera(boot, control)
    yield from _microphone(boot, control)
    yield from _speaker(boot, control)
    yield _encoder(control)
    yield from _models(boot)


def _camera(boot: Boot, control: Control | None) -> Iterator[CheckResult]:
    found = [finding for path in device_paths() if (finding := _video_device(path)) is not None]
    view = ask_if_up(control, CAMERA, GetCamera()) if control else None
    if view is not None:
        working = view.running or view.state == "standby"
        yield CheckResult(
            "bad" if not working else "note" if view.running and view.reason else "ok",
            "picture",
            picture(view, ""),  # the server may have been started with another source
            "" if working else "see the cameras below" if found else "connect that camera, or correct --source",
        )
    if not found and boot.source == "auto" and (view is None or view.kind == "pattern"):
        yield CheckResult(
            "note",
            "camera",
            f"no camera at /dev/video*; the test pattern {'is' if view else 'would be'} shown",
            "connect one, or specify a source: --source rtsp://…, http://…, or a file",
        )
    yield from found


def _video_device(path: str) -> CheckResult | None:
    try:
        device = v4l2.query(path)
    except PermissionError:
        return CheckResult("bad", "camera", f"{path} cannot be opened by this user", JOIN.format(group="video"))
    except OSError as error:
        busy = error.errno == errno.EBUSY
        remedy = "close the other program that uses it" if busy else "unplug it and plug it in again"
        return CheckResult("bad", "camera", f"{path}: {error.strerror}", remedy)
    if device is None:
        return None
    if not device.modes:
        return CheckResult("note", "camera", f"{path} {device.card}: no usable picture format")
    sizes = {f"{mode.size[0]}x{mode.size[1]}" for mode in device.modes}
    formats = sorted({mode.format for mode in device.modes})
    return CheckResult("ok", "camera", f"{path} {device.card}: {', '.join(formats)}, {len(sizes)} sizes")


def _microphone(boot: Boot, control: Control | None) -> Iterator[CheckResult]:
    view = ask_if_up(control, MICROPHONE, GetMicrophone()) if control else None
    if view is not None:
        text = f"{view.state}{f', {view.source}' if view.source else ''}{f': {view.reason}' if view.reason else ''}"
        yield CheckResult("note" if view.state in ("waiting", "none") and view.reason else "ok", "sound in", text)
    yield _sound_cards("capture", "microphone", "--audio-source alsa:NAME, a file, or none", boot.audio_source)


def _speaker(boot: Boot, control: Control | None) -> Iterator[CheckResult]:
    view = ask_if_up(control, SPEAKER, GetSpeaker()) if control else None
    if view is not None:
        yield CheckResult(
            "ok", "sound out", f"{view.state}{f', {view.sink}' if view.sink not in ('', view.state) else ''}"
        )
    yield _sound_cards("playback", "speaker", "--speaker alsa:NAME, wav:DIR, or none", boot.speaker)
    yield (
        CheckResult("ok", "speech", "espeak-ng is installed")
        if importlib.util.find_spec("espeakng_loader") is not None
        else CheckResult("note", "speech", "no text-to-speech", "pip install 'ipcamera[tts]'")
    )


def _sound_cards(direction: str, what: str, options: str, configured: str) -> CheckResult:
    cards = sound_cards(text_of(PCM), direction)
    if not cards:
        if configured != "auto":
            return CheckResult("ok", what, f"no sound card with {direction}; {configured} is used instead")
        return CheckResult("note", what, f"no sound card with {direction}", f"connect one, or use {options}")
    if not os.access(next(SOUND_DEVICES.glob("pcm*"), SOUND_DEVICES), os.R_OK | os.W_OK):
        return CheckResult("bad", what, f"{', '.join(cards)}: not accessible to this user", JOIN.format(group="audio"))
    return CheckResult("ok", what, ", ".join(cards))


def sound_cards(pcm: str, direction: str) -> list[str]:
    """Names of the devices in the text of ``/proc/asound/pcm`` ("00-00: ALC : ALC : playback 1 : capture 1")."""
    rows = [re.split(r"\s*:\s*", line.strip()) for line in pcm.splitlines()]
    return [row[1] for row in rows if len(row) > 2 and any(part.startswith(direction) for part in row[3:])]


def _encoder(control: Control | None) -> CheckResult:
    view = ask_if_up(control, ENCODER, GetVideo()) if control else None
    if view is not None and view.encoder:
        return CheckResult("ok", "H.264", f"{view.encoder}{' in use' if view.running else ', idle'}")
    import av  # heavy, and needed only here

    if any("encode" in text_of(name) for name in Path("/sys/class/video4linux").glob("*/name")):
        return CheckResult("ok", "H.264", "this device has a hardware encoder, which is tried first")
    if "libx264" not in av.codecs_available:
        return CheckResult(
            "bad", "H.264", "this build of FFmpeg cannot encode H.264", "install PyAV from its own wheel"
        )
    return CheckResult("ok", "H.264", "in software (libx264)")


def _models(boot: Boot) -> Iterator[CheckResult]:
    for model in catalogue.defaults(boot.detection.object_model):
        try:
            path = store.loadable(boot, model) or store.downloaded(boot, model)
        except store.WeightsError as problem:
            text = str(problem).removesuffix(f": {store.REMEDY}")
            remedy = f"fetch it on the dashboard under Detection, or with `{command('models fetch', boot.data_dir)}`"
            yield CheckResult("note", "model", f"{text}; needed for {model.role}", remedy)
        else:
            yield CheckResult("ok", "model", f"{model.id} for {model.role}: {path}")
