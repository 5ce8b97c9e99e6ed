"""Made-up light and noise, and a real video with three visits."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.detect.detector import NS, Activity, DetectedEvent, Picture, Reading
from models.detect.frame_sampler import Pace
from models.detect.motion import RATE, Motion
from tests.models.detect.samples import ALL_ON, SAMPLES, findings, judged_again, outputs, picture

Grey = NDArray[np.float64]
SIZE = (180, 320)
CASES = SAMPLES.parent / "cases" / "detection"
RNG = np.random.default_rng(3)


def room() -> Grey:
    """Smooth walls, some furniture, a window that is nearly white."""
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    scene = 60 + 80 * np.exp(-((x - 90) ** 2 + (y - 40) ** 2) / 9000) + 20 * np.sin(x / 7) * (y > 110)
    scene[20:70, 220:280] = 235
    scene[120:170, 40:110] = 35
    return scene


ROOM = room()
LAMP = np.exp(-((np.arange(SIZE[1]) - 80) ** 2) / 12_000.0)[None, :] * np.ones((SIZE[0], 1))


def stream(scene: Callable[[int], Grey], count: int = 150, noise: float = 2.0) -> Iterator[Picture]:
    """Ten pictures a second."""
    for index in range(count):
        grey = scene(index) + RNG.normal(0, noise, SIZE)
        yield picture(grey.clip(0, 255).astype(np.uint8), index * NS // 10)


def events(scene: Callable[[int], Grey], sensitivity: int = 5, noise: float = 2.0) -> list[int]:
    """Numbers of the pictures that made an event."""
    kind = Motion(ALL_ON | {"motionSensitivity": sensitivity, "motionCooldown": 0}, {})
    found = outputs(kind, stream(scene, noise=noise))
    return [o.pts * 10 // NS for o in found if isinstance(o, DetectedEvent)]


def switched(index: int) -> bool:
    return 60 <= index < 100


def ramp(index: int, seconds: float) -> float:
    return min(max((index - 60) / (10 * seconds), 0.0), 1.0)


LIGHT: dict[str, Callable[[int], Grey]] = {
    "nothing": lambda _: ROOM,
    "brighter at once": lambda i: ROOM * (1.6 if switched(i) else 1),
    "darker at once": lambda i: ROOM * (0.4 if switched(i) else 1),
    "lights out": lambda i: ROOM * (0.08 if switched(i) else 1),
    "an offset": lambda i: ROOM + (40 if switched(i) else 0),
    "another gamma": lambda i: 255 * (ROOM / 255) ** (0.6 if switched(i) else 1),
    "a lamp from one side": lambda i: ROOM * (1 + (LAMP if switched(i) else 0)),
    "exposure in 1 s": lambda i: ROOM * (1 + 0.8 * ramp(i, 1)),
    "exposure in 3 s": lambda i: ROOM * (1 + 0.8 * ramp(i, 3)),
    "dusk in 5 s": lambda i: ROOM * (1 - 0.7 * ramp(i, 5)),
    "clouds": lambda i: ROOM * (1 + 0.4 * np.sin(i / 20)),
    "a flickering lamp": lambda i: ROOM * (1 + 0.1 * np.sin(i * 2.1)),
}


@pytest.mark.parametrize("scene", LIGHT)
@pytest.mark.parametrize("sensitivity", [1, 5, 7])
def test_light_is_not_motion(scene: str, sensitivity: int) -> None:
    assert events(LIGHT[scene], sensitivity) == []


@pytest.mark.parametrize("noise", [0, 4, 8, 15])
@pytest.mark.parametrize("sensitivity", [5, 10])
def test_noise_is_not_motion(noise: float, sensitivity: int) -> None:
    assert events(LIGHT["nothing"], sensitivity, noise) == []


def test_noise_that_begins_suddenly_is_not_motion() -> None:
    extra = RNG.normal(0, 12, (150, *SIZE))
    assert events(lambda i: ROOM + (extra[i] if i > 60 else 0)) == []


def walker(index: int) -> Grey:
    """Somebody of 50 × 25 pixels (2 %) crosses from picture 60 on."""
    scene = ROOM.copy()
    at = (index - 60) * 6
    if 0 <= at < SIZE[1] - 40:
        scene[90:150, at : at + 40] = 190
    return scene


@pytest.mark.parametrize("noise", [0, 2, 6])
def test_a_walker_is(noise: float) -> None:
    found = events(walker, noise=noise)
    assert found
    assert 60 < found[0] < 75
    assert found[-1] < 112


def test_a_walker_is_while_the_lamp_flickers() -> None:
    assert events(lambda i: walker(i) * (1 + 0.1 * np.sin(i * 2.1)))


def test_sensitivity_orders_sizes() -> None:
    assert events(walker, 1) == []
    assert len(events(walker, 10)) >= len(events(walker, 5)) > 0


def test_somebody_who_left_is_over_at_once() -> None:
    """Where he stood looks different from what was learnt, but nothing moves there."""

    def stood(index: int) -> Grey:
        scene = ROOM.copy()
        if index < 80:
            scene[60:170, 100:160] = 200
        return scene

    assert [index for index in events(stood) if index > 83] == []


def visitor(index: int) -> Grey:
    """Somebody comes in, stands still from picture 75 to 175 and goes again; the same once more from 240 on."""
    scene = ROOM.copy()
    for start in (60, 240):
        at = index - start
        left = 8 * min(at, 15) if at < 115 else 120 + 8 * (at - 115)
        if at >= 0 and left < SIZE[1] - 40:
            scene[60:150, left : left + 40] = 190 - 60 * (np.arange(90) // 9 % 2)[:, None]
    return scene


def episodes(scene: Callable[[int], Grey], count: int, noise: float = 2.0) -> tuple[list[float], list[float]]:
    """Seconds of events, and of changes of activity."""
    found = outputs(Motion(ALL_ON, {}), stream(scene, count, noise))
    told = [o.pts / NS for o in found if isinstance(o, DetectedEvent)]
    active, changes, at = False, [], 0
    for output in found:
        at += isinstance(output, Reading)
        if isinstance(output, Activity) and output.active != active:
            active = output.active
            changes.append(at / 10)
    return told, changes


@pytest.mark.parametrize("light", [1.0, 0.2])
def test_who_stands_still_is_one_episode(light: float) -> None:
    told, changes = episodes(lambda i: visitor(i) * light, 420)
    assert [6 <= told[0] < 8, 24 <= told[1] < 26, len(told)] == [True, True, 2]
    [came, went, came_again, went_again] = changes
    assert came < 8
    assert 20 < went < 24 < came_again < 26
    assert 37 < went_again < 42


def headlights(index: int) -> Grey:
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    return ROOM + 120 * np.exp(-((x - (index - 60) * 8) ** 2 + (y - 60) ** 2) / 3000.0)


def shadow(index: int) -> Grey:
    x = np.arange(SIZE[1])
    return ROOM * (1 - 0.5 / (1 + np.exp((np.abs(x - (index - 60) * 6) - 30) / 6)))[None, :]


def infrared(index: int) -> Grey:
    if index < 60:
        return ROOM
    grey = 255 * (ROOM / 255) ** 0.6 * 0.8 + 20
    return ROOM * 0.3 if index < 70 else grey * (1.3 if index < 80 else 1.0)


def television(index: int) -> Grey:
    scene = ROOM.copy()
    scene[20:60, 20:80] *= 1 + 0.25 * np.sin((index // 5) * 1.7) * (60 <= index < 140)
    return scene


@pytest.mark.parametrize("scene", [headlights, shadow, infrared, television])
@pytest.mark.parametrize("noise", [1, 4])
def test_what_lights_a_scene_is_not_motion(scene: Callable[[int], Grey], noise: float) -> None:
    assert events(scene, 5, noise) == []


def leaves(index: int) -> Grey:
    scene = ROOM.copy()
    x = np.arange(80)
    scene[100:170, 230:310] = 90 + 50 * np.sin(x / 3 + 2 * np.sin(index * 0.9))[None, :]
    return scene


def test_what_never_rests_is_left_out() -> None:
    _, changes = episodes(leaves, 600)
    assert not [at for at in changes if at > 30]


def test_an_event_has_the_documents_fields() -> None:
    kind = Motion(ALL_ON, {})
    [event, *_] = [o for o in outputs(kind, stream(walker)) if isinstance(o, DetectedEvent)]
    assert event.details.keys() == {"changedPercent", "width", "height"}
    assert (event.details["width"], event.details["height"]) == (320, 180)
    assert 1.9 <= float(event.details["changedPercent"] or 0) <= 100


def test_a_veto_says_why() -> None:
    notes = [o.note for o in outputs(Motion(ALL_ON, {}), stream(LIGHT["brighter at once"])) if isinstance(o, Reading)]
    assert notes[0] == "learning the scene"
    assert notes[60] == "light changed"
    assert notes[90] == ""


def test_active_until_it_was_quiet() -> None:
    changes = [(o.active) for o in outputs(Motion(ALL_ON, {}), stream(walker)) if isinstance(o, Activity)]
    assert changes == [True, False]


def test_a_new_size_is_learnt_anew() -> None:
    kind = Motion(ALL_ON, {})
    small = list(stream(LIGHT["nothing"], 40))
    large = [picture(np.repeat(np.repeat(p.luma, 2, 0)[:, ::-1], 1, 1)[:300].copy(), p.pts + 4 * NS) for p in small]
    assert [o for o in outputs(kind, iter(small + large)) if isinstance(o, DetectedEvent)] == []


def film(path: Path) -> Iterator[Picture]:
    """Pictures at the detector's pace; the test is skipped, with the reason, where the film is absent."""
    import av

    if not path.is_file():
        pytest.skip(f"no sample {path}")
    pace = Pace(RATE)
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            pts = int(float(frame.time or 0) * NS)
            if pace.due(pts):
                plane = np.frombuffer(frame.planes[0], np.uint8).reshape(frame.height, -1)[:, : frame.width]
                yield picture(plane.copy(), pts)


@pytest.mark.parametrize("name", ["quiet_tv", "quiet_headlights", "quiet_shadow", "quiet_daynight"])
def test_an_empty_room_is_quiet(name: str) -> None:
    """A screen, headlights, a shadow, the switch to infrared: in compressed film."""
    told = outputs(Motion(ALL_ON, {}), film(CASES / f"{name}.mp4"))
    assert [o.pts / NS for o in told if isinstance(o, DetectedEvent | Activity)] == []


@pytest.mark.parametrize("name", ["visits_dark", "visits_fog"])
def test_three_visits_are_three_events(name: str) -> None:
    told = outputs(Motion(ALL_ON, {}), film(CASES / f"{name}.mp4"))
    visits = json.loads((CASES / "labels.json").read_text())[f"{name}.mp4"]["visits"]
    at = [o.pts / NS for o in told if isinstance(o, DetectedEvent)]
    assert [start <= moment <= end for (start, end), moment in zip(visits, at, strict=True)] == [True] * 3
    assert len([o for o in told if isinstance(o, Activity)]) == 6


def test_the_real_video() -> None:
    path = SAMPLES / "video" / "one_by_one_1-3.mp4"
    told = outputs(Motion(ALL_ON, {}), film(path))
    found = [o.pts / NS for o in told if isinstance(o, DetectedEvent)]
    assert judged_again("motion", told) == findings(told)
    assert len(judged_again("motion", told, ALL_ON | {"motionSensitivity": 1})) < len(found)
    visits = [v["person_any"] for v in json.loads(path.with_suffix(".json").read_text())["visits"]]
    assert [start <= at * 10 <= end for (start, end), at in zip(visits, found, strict=True)] == [True] * 3
