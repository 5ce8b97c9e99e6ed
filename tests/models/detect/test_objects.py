"""Boxes and visits from scripted outputs; the real networks on the labelled pictures and the video."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.detect import yolox
from models.detect.boxes import DOG, PERSON, bgr, overlap, suppress
from models.detect.confidence import TUNED
from models.detect.detector import NS, Activity, Farewell, Finding, Models, Output, Picture, Tracks
from models.detect.objects import NETS, ObjectDetector
from models.detect.pace import Pace
from tests.models.detect.samples import ALL_ON, SAMPLES, outputs, picture, real

SCENE = picture(np.full((416, 416), 90, np.uint8))


def cell(
    box: tuple[float, float, float, float], coco_class: int, score: float
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    """YOLOX's raw output with one object: x1, y1, x2, y2 in pixels of a 416 × 416 picture."""
    rows = np.zeros((1, 3549, 85), np.float32)
    x1, y1, x2, y2 = box
    column, row = int((x1 + x2) / 2 / 8), int((y1 + y2) / 2 / 8)
    rows[0, row * 52 + column, :5] = (
        (x1 + x2) / 16 - column,
        (y1 + y2) / 16 - row,
        np.log((x2 - x1) / 8),
        np.log((y2 - y1) / 8),
        1.0,
    )
    rows[0, row * 52 + column, 5 + coco_class] = score
    return rows


def test_a_box_comes_out_where_it_went_in() -> None:
    [found] = yolox.decode([cell((100, 50, 180, 250), DOG, 0.9)], SCENE, {PERSON: 0.3, DOG: 0.3})
    assert found.coco_class == DOG
    assert found.box == pytest.approx((100, 50, 180, 250), abs=0.01)


def test_boxes_are_cut_to_the_picture_and_scaled() -> None:
    wide = picture(np.zeros((416, 832), np.uint8))
    [found] = yolox.decode([cell((300, 50, 500, 400), PERSON, 0.9)], wide, {PERSON: 0.3})
    assert found.box == pytest.approx((600, 100, 832, 416), abs=0.1)


def test_suppression_keeps_the_best_of_each_place() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], np.float32)
    assert suppress(boxes, np.array([0.5, 0.9, 0.7], np.float32), 0.6) == [1, 2]


def test_overlap() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == pytest.approx(1)
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 0, 20, 10)) == 0


@pytest.mark.parametrize("full_range", [True, False])
def test_colours(full_range: bool) -> None:
    """A red, a green and a blue picture, BT.601, come out as they were."""
    for colour in ((40, 40, 200), (40, 200, 40), (200, 40, 40)):
        b, g, r = colour
        y, cb, cr = 0.299 * r + 0.587 * g + 0.114 * b, 0.0, 0.0
        cb, cr = (b - y) / 1.772, (r - y) / 1.402
        scale, base, chroma = (1, 0, 1) if full_range else (219 / 255, 16, 224 / 255)
        planes = [np.full((32, 32), round(y * scale + base), np.uint8)]
        planes += [np.full((16, 16), round(128 + c * chroma), np.uint8) for c in (cb, cr)]
        made = bgr(Picture(*planes, 0, 0, full_range), 16, 16, cv2.INTER_LINEAR)
        assert made[8, 8] == pytest.approx(colour, abs=3)


def scripted(pictures: list[list[tuple[tuple[float, float, float, float], int, float]]]) -> Models:
    left = iter(pictures)

    def run(_: object) -> list["np.ndarray[tuple[int, ...], np.dtype[np.float32]]"]:
        return [sum((cell(*one) for one in next(left, [])), np.zeros((1, 3549, 85), np.float32))]

    return {"yolox_nano": run}


def story(pictures: list[list[tuple[tuple[float, float, float, float], int, float]]], extra: int = 6) -> list[Output]:
    kind = ObjectDetector(ALL_ON, scripted(pictures))
    samples = (picture(np.zeros((416, 416), np.uint8), n * NS // 2) for n in range(len(pictures) + extra))
    return outputs(kind, samples)


WALK = [[((x, 100.0, x + 60, 300.0), PERSON, 0.8)] for x in (40.0, 80.0, 120.0, 160.0)]


def test_a_visit_is_one_event_and_one_end() -> None:
    told = story(WALK)
    [appeared] = [o for o in told if isinstance(o, Finding)]
    [gone] = [o for o in told if isinstance(o, Farewell)]
    assert appeared.details["objectClass"] == "person"
    assert appeared.details["eventType"] == "appeared"
    assert appeared.details["confidence"] == appeared.confidence
    assert appeared.visit == gone.visit
    assert (appeared.pts, gone.wall - appeared.wall) == (NS // 2, NS)
    assert [o.active for o in told if isinstance(o, Activity)] == [True, False]


def test_frames_are_drawn_until_an_empty_one() -> None:
    drawn = [o for o in story(WALK) if isinstance(o, Tracks)]
    assert [len(o.objects) for o in drawn] == [1, 1, 1, 0, 0, 0, 0, 0]
    first = drawn[0].objects[0]
    assert (first.x, first.y, first.w, first.h) == pytest.approx((80 / 416, 100 / 416, 60 / 416, 200 / 416), abs=1e-3)


def test_a_reset_says_goodbye() -> None:
    kind = ObjectDetector(ALL_ON, scripted(WALK))
    outputs(kind, (picture(np.zeros((416, 416), np.uint8), n * NS // 2) for n in range(3)))
    assert kind.busy
    assert [type(o) for o in kind.reset()] == [Farewell, Activity]
    assert not kind.busy


def test_the_confidence_wanted_counts() -> None:
    weak = [[((100.0, 100.0, 160.0, 300.0), PERSON, 0.30)]] * 4
    assert not [o for o in story(weak) if isinstance(o, Finding)]
    kind = ObjectDetector(ALL_ON | {"objectPersonDetectionConfidence": 40}, scripted(weak))
    samples = (picture(np.zeros((416, 416), np.uint8), n * NS // 2) for n in range(4))
    assert [o for o in outputs(kind, samples) if isinstance(o, Finding)]


# ---------------------------------------------------------------- the real networks


def photograph(path: Path) -> Picture:
    image = cv2.imread(str(path))
    height, width = (side - side % 4 for side in image.shape[:2])
    planar = cv2.cvtColor(image[:height, :width], cv2.COLOR_BGR2YUV_I420)
    u, v = planar[height:].reshape(2, height // 2, width // 2)
    return Picture(planar[:height], u, v, 0, 0)


@pytest.mark.parametrize(("model_id", "persons", "dogs"), [("yolox_nano", 19, 5), ("picodet_s_416", 15, 5)])
def test_the_labelled_pictures(model_id: str, persons: int, dogs: int) -> None:
    """27 persons and 7 dogs in 14 pictures: as many as the measured reference finds, at most one false of each."""
    kind = ObjectDetector(ALL_ON, real(model_id))
    found, false = {"person": 0, "dog": 0}, {"person": 0, "dog": 0}
    for entry in json.loads((SAMPLES / "images" / "annotations.json").read_text())["images"]:
        seen = [s for s in kind.sightings(photograph(SAMPLES / "images" / entry["file"])) if s.confidence >= TUNED]
        for sighting in sorted(seen, key=lambda s: -s.confidence):
            known = [a for a in entry["annotations"] if a["label"] == sighting.key and not a.get("used")]
            shares = [(overlap(sighting.box, corners(a["bbox_xywh"])), a) for a in known]
            share, best = max(shares, key=lambda one: one[0], default=(0.0, None))
            if best is None or share < 0.5:
                false[sighting.key] += 1
            else:
                best["used"] = True
                found[sighting.key] += not best["ignore"]
    assert found["person"] >= persons
    assert found["dog"] >= dogs
    assert max(false.values()) <= 1


def corners(box: list[float]) -> tuple[float, float, float, float]:
    x, y, width, height = box
    return (x, y, x + width, y + height)


@pytest.mark.parametrize("model_id", NETS)
def test_three_visits_in_the_video(model_id: str) -> None:
    import av

    path = SAMPLES / "video" / "one_by_one_1-3.mp4"
    kind = ObjectDetector(ALL_ON, real(model_id))
    visits = json.loads(path.with_suffix(".json").read_text())["visits"]
    pace, told = Pace(kind.rate), []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            pts = int(frame.time * NS)
            if pace.due(pts):
                planar = frame.to_ndarray(format="yuv420p")
                u, v = planar[frame.height :].reshape(2, frame.height // 2, frame.width // 2)
                told += list(kind.feed(Picture(planar[: frame.height], u, v, pts, pts)))
    told += kind.reset()
    appeared = [o for o in told if isinstance(o, Finding)]
    assert [o.key for o in appeared] == ["person"] * 3
    for event, gone, visit in zip(appeared, [o for o in told if isinstance(o, Farewell)], visits, strict=True):
        start, end = visit["person_any"]
        assert start <= event.pts * 10 / NS <= start + 20
        assert end - 20 <= gone.wall * 10 / NS <= end + 1
