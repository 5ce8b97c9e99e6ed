"""The media actors on real sources: a file with sound, a USB camera that stalls and is unplugged, network cameras."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.errors import Invalid
from models.media import annexb, ring
from models.media.ring import Entry
from models.messages.camera import CameraControl, Capture, GetCamera, GetCapabilities, GetControls, SetControl
from models.messages.encoder import GetVideo
from models.messages.microphone import GetMicrophone
from tests.actors.shared.media.clips import clip
from tests.actors.shared.media.peers import fake_v4l2, flash_and_beep, http_camera, rtsp_camera, usb_camera
from tests.actors.shared.media.rtsp_stand_in import StandIn
from tests.actors.shared.media.system import MediaSystem
from tests.ports import free_port

Start = Callable[..., MediaSystem]
__all__ = ["fake_v4l2"]


def flashes(entries: list[Entry]) -> list[int]:
    bright = [np.frombuffer(e.data, np.uint8)[: e.width * e.height].mean() > 120 for e in entries]
    return [e.pts for e, now, before in zip(entries[1:], bright[1:], bright, strict=False) if now and not before]


def beeps(entries: list[Entry]) -> list[int]:
    loud = [entry.spare < 3000 for entry in entries]
    return [e.pts for e, now, before in zip(entries[1:], loud[1:], loud, strict=False) if now and not before]


def worst_offset_ms(system: MediaSystem) -> float:
    """Of the beginnings of flashes from those of beeps, over three seconds."""
    frames, pcm = system.reader("frames"), system.reader("pcm")
    frames.seek_end()
    pcm.seek_end()
    seen: list[Entry] = []
    heard: list[Entry] = []
    while len(heard) < 160:
        while (entry := frames.take_next()) is not None:
            seen.append(entry)
        if (entry := pcm.wait_next(0.05)) is not None:
            heard.append(entry)
    light, sound = flashes(seen), beeps(heard)
    assert light
    assert sound
    return max(min(abs(at - other) for other in sound) for at in light if sound[0] - 1e8 < at < sound[-1] + 1e8) / 1e6


def test_sound_and_picture_of_a_file_stay_together(start: Start, tmp_path: Path) -> None:
    clip = flash_and_beep(tmp_path / "clip.mp4")
    system = start(source=str(clip), audio_source="auto", speaker="none")
    system.hold("camera", "frames")
    system.entries("frames", 3)
    assert system.ask("microphone", GetMicrophone()).source == "sound of file clip.mp4"
    assert worst_offset_ms(system) < 80
    os.kill(system.rows()["camera"].pid, signal.SIGKILL)
    system.entries("frames", 3)
    assert worst_offset_ms(system) < 80
    assert system.ask("camera", GetCapabilities()).resolutions == ("320x240",)


def kinds(system: MediaSystem) -> list[str]:
    return [kind for kind, _actor, _text in system.history()]


def usb_system(start: Start, library: Path, sock: Path, source: str) -> MediaSystem:
    environment = {"LD_PRELOAD": str(library), "FAKEV4L2_SOCK": str(sock)}
    return start(source=source, audio_source="none", speaker="none", environment=environment)


def test_a_usb_camera_is_passed_through_and_comes_back_after_unplugging(
    start: Start, tmp_path: Path, fake_v4l2: Path
) -> None:
    sock = tmp_path / "usb"
    with usb_camera(sock, "--unplug-at", "400"):
        system = usb_system(start, fake_v4l2, sock, "auto")
        view = system.wait_for(lambda: (v := system.ask("camera", GetCamera())).running and v)
        assert (view.kind, view.passthrough) == ("v4l2", ("jpeg",))
        assert view.source == "USB camera Fake USB Camera (/dev/video0)"
        system.hold("encoder", "jpeg")
        first = system.entries("jpeg", 3)[0]
        assert first.data[:2] == b"\xff\xd8"
        still = system.ask("camera", Capture(), timeout_s=15)
        assert (still.width, still.height) == (1920, 1080)
        system.entries("jpeg", 3)
        system.set(rotation=180)  # now it has to be decoded, turned, and encoded
        turned = system.entries("jpeg", 5)
        assert any(entry.flags & ring.DISCONTINUITY for entry in turned) or turned[0].epoch != first.epoch
        assert system.ask("camera", GetCamera()).passthrough == ()
    system.wait_for(lambda: system.ask("camera", GetCamera()).state == "waiting", 30)
    system.wait_for(lambda: "SOURCE_LOST" in kinds(system))
    with usb_camera(sock):
        system.entries("jpeg", 3)
        system.wait_for(lambda: "SOURCE_BACK" in kinds(system))


def test_a_camera_that_comes_later_takes_the_place_of_the_test_pattern(
    start: Start, tmp_path: Path, fake_v4l2: Path
) -> None:
    sock = tmp_path / "usb"
    system = usb_system(start, fake_v4l2, sock, "auto")
    view = system.wait_for(lambda: (v := system.ask("camera", GetCamera())).running and v)
    assert (view.kind, view.reason) == ("pattern", "no camera found")
    system.hold("camera", "frames")
    assert all(entry.flags & ring.STAND_IN for entry in system.entries("frames", 3))
    with usb_camera(sock):
        system.wait_for(lambda: system.ask("camera", GetCamera()).kind == "v4l2", 30)
        system.wait_for(lambda: not system.entries("frames", 1)[0].flags & ring.STAND_IN)


def test_what_is_set_at_a_usb_camera_is_set_again_when_it_is_opened_anew(
    start: Start, tmp_path: Path, fake_v4l2: Path
) -> None:
    library = tmp_path / "controls.so"
    source = Path(__file__).with_name("v4l2_controls.c")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    sock = tmp_path / "usb"

    def controls(system: MediaSystem) -> dict[str, CameraControl]:
        return {one.name: one for one in system.ask("camera", GetControls()).controls}

    with usb_camera(sock):
        system = usb_system(start, Path(f"{library}:{fake_v4l2}"), sock, "auto")
        system.wait_for(lambda: system.ask("camera", GetCamera()).running)
        found = controls(system)
        assert [*found] == ["exposureMode", "exposureTime", "focusAutomatic", "brightness", "powerLine"]
        assert found["exposureMode"].choices == ((1, "Manual Mode"), (3, "Aperture Priority Mode"))
        assert (found["exposureTime"].active, found["focusAutomatic"].kind) == (False, "boolean")
        for wrong in (SetControl("brightness", 256), SetControl("zoom", 1), SetControl("exposureMode", 2)):
            with pytest.raises(Invalid):
                system.ask("camera", wrong)
        with pytest.raises(Invalid, match="The camera rejected it"):
            system.ask("camera", SetControl("exposureTime", 300))
        for request in (SetControl("exposureMode", 1), SetControl("exposureTime", 300), SetControl("brightness", 200)):
            system.ask("camera", request)
        os.kill(system.rows()["camera"].pid, signal.SIGKILL)  # and with it what the emulated device knew
        system.wait_for(lambda: controls(system).get("brightness", found["brightness"]).value == 200)
        assert (controls(system)["exposureTime"].value, controls(system)["exposureTime"].active) == (300, True)
        after = {one.name: one.value for one in system.ask("camera", SetControl("", 0)).controls}
        assert after == {name: one.default for name, one in found.items()}


def test_a_usb_camera_that_hangs_costs_a_process_and_nothing_else(
    start: Start, tmp_path: Path, fake_v4l2: Path
) -> None:
    sock = tmp_path / "usb"
    with usb_camera(sock, "--stall-at", "150"):
        system = usb_system(start, fake_v4l2, sock, "v4l2:/dev/video0")
        system.hold("encoder", "jpeg")
        system.entries("jpeg", 3)
        before = {name: row.pid for name, row in system.rows().items()}
        system.wait_for(lambda: "SOURCE_LOST" in kinds(system), 30)
        assert "stopped responding" in system.history()[0][2]
    with usb_camera(sock):
        system.entries("jpeg", 3)
        system.wait_for(lambda: "SOURCE_BACK" in kinds(system))
        after = {name: row.pid for name, row in system.rows().items()}
        assert {name for name, pid in after.items() if pid != before[name]} == {"camera"}


def test_an_http_camera_that_ends_is_opened_again(start: Start) -> None:
    port = free_port()
    with http_camera(port):
        system = start(source=f"http://user:secret@127.0.0.1:{port}/video.mjpg", audio_source="none", speaker="none")
        system.set(resolution="640x360")
        system.hold("encoder", "jpeg")
        system.entries("jpeg", 5)
        assert system.ask("camera", GetCamera()).passthrough == ("jpeg",)
    system.wait_for(lambda: system.ask("camera", GetCamera()).state == "waiting", 30)
    with http_camera(port):
        system.entries("jpeg", 3)
    assert "secret" not in system.log.read_text()


def test_an_rtsp_camera_is_passed_through_or_encoded_anew(start: Start) -> None:
    port = free_port()
    with rtsp_camera(port):
        system = start(source=f"rtsp://127.0.0.1:{port}/cam", audio_source="auto", speaker="none")
        system.set(resolution="640x360", frameRate=60)
        system.hold("encoder", "video")
        passed = next(entry for entry in system.entries("video", 60) if entry.key)
        units = [annexb.nal_type(unit) for unit in annexb.nal_units(passed.data)]
        assert units[:2] == [annexb.SPS, annexb.PPS]
        view = system.wait_for(lambda: (v := system.ask("encoder", GetVideo())).codec and v)
        assert (view.encoder, view.width, view.generation) == ("passthrough", 640, passed.spare)
        system.set(rotation=90)
        turned = next(entry for entry in system.entries("video", 60) if entry.width == 360)
        assert turned.spare > passed.spare
        assert system.ask("encoder", GetVideo()).encoder == "libx264"
        assert system.entries("pcm", 10)


def test_a_source_that_is_not_there_is_waited_for_in_words(start: Start) -> None:
    port = free_port()
    system = start(source=f"rtsp://u:secret@127.0.0.1:{port}/cam", audio_source="none", speaker="none")
    view = system.wait_for(lambda: (v := system.ask("camera", GetCamera())).state == "waiting" and v)
    assert view.reason == f"RTSP camera rtsp://127.0.0.1:{port}/cam refuses connections"
    system.wait_for(lambda: system.rows()["camera"].state == "degraded")  # with its next heartbeat
    assert "secret" not in system.log.read_text()


def test_an_rtsp_camera_that_falls_silent_is_given_up_without_losing_the_process(start: Start) -> None:
    port = free_port()
    with rtsp_camera(port) as server:
        system = start(source=f"rtsp://127.0.0.1:{port}/cam", audio_source="auto", speaker="none")
        system.hold("encoder", "jpeg")
        system.entries("jpeg", 3)
        before = {name: row.pid for name, row in system.rows().items()}
        server.send_signal(signal.SIGSTOP)
        view = system.wait_for(lambda: (v := system.ask("camera", GetCamera())).state == "waiting" and v)
        assert "gives no picture" in view.reason
        system.wait_for(lambda: system.ask("microphone", GetMicrophone()).state == "waiting")
        server.send_signal(signal.SIGCONT)
        system.entries("jpeg", 3, seconds=60)
        assert {name: row.pid for name, row in system.rows().items()} == before


@pytest.mark.parametrize("refuse", [True, False])
def test_picture_and_sound_come_over_one_connection(start: Start, refuse: bool) -> None:
    """The camera allows one session, and refuses a second one or throws out the first."""
    with StandIn(clip(), sessions=1, refuse=refuse, sound=True) as camera:
        system = start(source=camera.url, audio_source="auto", speaker="none")
        system.hold("encoder", "jpeg")
        system.hold("microphone", "pcm")
        assert all(entry.spare < 4000 for entry in system.entries("pcm", 20)[5:])  # the tone, louder than −40 dBFS
        assert system.entries("jpeg", 3)
        assert (camera.connections, camera.most_sessions) == (1, 1)
        os.kill(system.rows()["microphone"].pid, signal.SIGKILL)
        assert system.entries("pcm", 10)
        assert camera.connections == 1
        os.kill(system.rows()["camera"].pid, signal.SIGKILL)
        assert system.entries("pcm", 10)
        assert system.entries("jpeg", 3)
        assert camera.connections == 2
        assert {row.restarts for name, row in system.rows().items() if name != "camera"} <= {0, 1}


def test_a_mute_sound_track_is_no_fault(start: Start) -> None:
    with StandIn(clip(), sound=True, mute=True) as camera:
        system = start(source=camera.url, audio_source="auto", speaker="none")
        system.hold("encoder", "jpeg")
        system.wait_for(lambda: system.ask("microphone", GetMicrophone()).state == "running")
        until = time.monotonic() + 9  # longer than a sound card may be silent, and than a worker may hang
        while time.monotonic() < until:
            assert system.entries("jpeg", 5)
        row = system.rows()["microphone"]
        assert (row.state, row.restarts) == ("up", 0)
        assert "SOURCE_LOST" not in kinds(system)


def test_a_wrong_password_is_tried_once_by_one_process(start: Start) -> None:
    with StandIn(clip(), login="MD5", sound=True) as camera:
        url = camera.url.replace("//", "//admin:wrong@")
        system = start(source=url, audio_source="auto", speaker="none")
        view = system.wait_for(lambda: (v := system.ask("camera", GetCamera())).state == "waiting" and v)
        assert view.reason.endswith("rejects this user name and password")
        os.kill(system.rows()["camera"].pid, signal.SIGKILL)
        system.wait_for(lambda: system.rows()["camera"].restarts == 1 and system.rows()["camera"].state != "restarting")
        time.sleep(3)  # a mistake would show by now
        assert camera.logins == 1
        assert "wrong@" not in system.log.read_text()
