"""What camera and pool say to each other, when the camera asks, and whose question comes next."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.detect.confidence import Scale
from models.detect.detector import Picture
from models.detect.remote_sightings import Seen, Sights
from models.pool import invite, limits
from models.pool.circuit_breaker import Breaker
from models.pool.fair_queue import Turns
from models.pool.pictures import decoded, encoded
from models.pool.wire_format import (
    WireError,
    pictures_answer,
    pictures_question,
    read_pictures_answer,
    read_pictures_question,
    read_sound_answer,
    sound_answer,
)

LINE = f"https://pool.lan:8460/#sha256={'ab' * 32}&token={'t' * 43}"
WANTED = {"person": 42.0}
SIGHTS = Sights(
    "yolox_nano",
    {"person": Scale(0.35, 2.2), "dog": Scale(0.25, 2.5)},
    ((Seen("person", 0.875, (0.25, 0.125, 0.5, 0.75)),), ()),
)


# ---------------------------------------------------------------- the invitation
def test_an_invitation_is_one_line() -> None:
    invited = invite.parse(f"  {LINE}\n")
    assert (invited.url, invited.fingerprint, invited.token) == ("https://pool.lan:8460", "ab" * 32, "t" * 43)
    assert invited.line() == LINE
    assert invited.token not in repr(invited)
    assert invite.parse(LINE.replace("pool.lan", "[2001:db8::1]")).url == "https://[2001:db8::1]:8460"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "pool.lan",
        LINE.replace("https", "http"),
        LINE.replace("ab" * 32, "ab"),
        LINE.replace("t" * 43, "t"),
        LINE.replace("8460", "84600"),
        LINE.replace("pool", "user:secret@pool"),
        LINE.replace("/#", "/path#"),
    ],
)
def test_what_is_no_invitation_is_refused_without_being_shown(line: str) -> None:
    with pytest.raises(ValueError, match=r"it is not|is missing|its port") as refused:
        invite.parse(line)
    assert "t" * 43 not in str(refused.value)
    assert "secret" not in str(refused.value)


# ---------------------------------------------------------------- the breaker
def closed(at: float = 0.0) -> Breaker:
    breaker = Breaker()
    assert breaker.proven(at)
    return breaker


def test_three_misses_in_a_row_open_it() -> None:
    breaker = closed()
    assert not breaker.miss("slow", 1)
    assert not breaker.miss("slow", 2)
    breaker.hit()
    assert [breaker.miss("slow", 3 + n) for n in range(3)] == [False, False, True]
    assert not breaker.closed
    assert breaker.why == "slow"


def test_an_answer_that_is_final_opens_it_at_once() -> None:
    breaker = closed()
    assert breaker.miss("unknown token", 1, final=True)
    assert not breaker.miss("unknown token", 2, final=True)  # said once


def test_probes_in_a_row_close_it() -> None:
    breaker = closed()
    breaker.miss("gone", 100, final=True)
    assert breaker.probe_in_s == limits.PROBE_EVERY_S
    assert not breaker.proven(105)
    assert breaker.probe_in_s == limits.PROOF_EVERY_S
    breaker.disproven("slow")
    assert breaker.probe_in_s == limits.PROBE_EVERY_S
    assert [breaker.proven(110 + n) for n in range(2)] == [False, True]
    assert breaker.why == ""


def test_a_pool_on_the_brink_has_to_prove_more_each_time() -> None:
    breaker, now, needed = closed(), 1000.0, []
    for _ in range(6):
        breaker.miss("gone", now, final=True)
        proofs = 1
        while not breaker.proven(now + 1):
            proofs += 1
        needed.append(proofs)
        now += 2
    assert needed == [2, 4, 8, 16, 16, 16]
    breaker.miss("gone", now + limits.RELAPSE_S, final=True)
    assert [breaker.proven(now + 60) for _ in range(2)] == [False, True]


# ---------------------------------------------------------------- the wire
def test_a_question_comes_as_it_was_asked() -> None:
    question = pictures_question([b"one", b"three"], WANTED)
    assert read_pictures_question(question) == ((b"one", b"three"), WANTED)


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_question_or_refused(body: bytes) -> None:
    try:
        jpegs, _ = read_pictures_question(body)
    except WireError:
        return
    assert sum(map(len, jpegs)) < len(body)


@pytest.mark.parametrize(
    "head",
    [
        {"lowest": {"person": 1}, "sizes": [4, 4]},
        {"lowest": {"person": 1}, "sizes": [-3, 6]},
        {"lowest": {"person": 1}, "sizes": [True, True, True]},
        {"lowest": {"person": 1}, "sizes": []},
        {"lowest": {}, "sizes": [3]},
        {"lowest": {"person": "1"}, "sizes": [3]},
        {"lowest": {"person": 1e9}, "sizes": [3]},
        {"sizes": [3]},
        [],
    ],
)
def test_a_question_that_does_not_fit_is_refused(head: object) -> None:
    with pytest.raises(WireError):
        read_pictures_question(json.dumps(head).encode() + b"\nabc")


def test_an_answer_comes_as_it_was_given() -> None:
    read = read_pictures_answer(pictures_answer(SIGHTS), 2, WANTED)
    assert read.pictures == SIGHTS.pictures
    assert read.scales == {"person": SIGHTS.scales["person"]}
    assert read.network == "yolox_nano"


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_any_bytes_are_no_answer(body: bytes) -> None:
    with pytest.raises(WireError):
        read_pictures_answer(body, 1, WANTED)
    with pytest.raises(WireError):
        read_sound_answer(body, {"yamnet": 521})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("network", 3),
        ("network", "a\nb"),
        ("scales", {"dog": [0.5, 1]}),
        ("scales", {"person": [0.5]}),
        ("scales", {"person": [float("nan"), 1]}),
        ("pictures", [[]]),
        ("pictures", [[], [["person", 2, 0, 0, 1, 1]]]),
        ("pictures", [[], [["person", 0.5, 0.5, 0, 0.5, 1]]]),
        ("pictures", [[], [["person", 0.5, 0, 0, 1]]]),
        ("pictures", [[], [["person", 0.5, 0, 0, 1, float("inf")]]]),
        ("pictures", [[], [["person", 0.5, 0, 0, 1, 1]] * 101]),
        ("pictures", [[], [[["person"], 0.5, 0, 0, 1, 1]]]),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(key: str, value: object) -> None:
    answer = json.loads(pictures_answer(SIGHTS)) | {key: value}
    with pytest.raises(WireError):
        read_pictures_answer(json.dumps(answer).encode(), 2, WANTED)


def test_classes_that_nobody_asked_for_are_left_out() -> None:
    answer = json.loads(pictures_answer(SIGHTS)) | {"pictures": [[["cat", 0.5, 0, 0, 1, 1], "?"], []]}
    assert read_pictures_answer(json.dumps(answer).encode(), 2, WANTED).pictures == ((), ())


def test_a_network_that_does_not_know_what_is_wanted_is_said_so() -> None:
    with pytest.raises(WireError, match="yolox_nano does not know cat"):
        read_pictures_answer(pictures_answer(SIGHTS), 2, {"cat": 42.0})


def test_scores_of_sound() -> None:
    scores = {"yamnet": np.linspace(0, 1, 521, dtype=np.float32)}
    read = read_sound_answer(sound_answer(scores), {"yamnet": 521})
    assert read["yamnet"] == pytest.approx(scores["yamnet"], abs=1e-5)
    with pytest.raises(WireError, match="520 scores"):
        read_sound_answer(sound_answer(scores), {"yamnet": 520})


# ---------------------------------------------------------------- pictures
@pytest.mark.parametrize("full_range", [True, False])
@pytest.mark.parametrize("size", [(720, 1280), (480, 640), (64, 64), (100, 30), (6, 1000)])
def test_a_picture_arrives_small_and_in_its_colours(size: tuple[int, int], full_range: bool) -> None:
    height, width = size
    low, high = (0, 255) if full_range else (16, 235)
    luma = np.full(size, low, np.uint8)
    luma[:, width // 2 :] = high
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    arrived = decoded(encoded(Picture(luma, chroma, chroma, 0, 0, full_range)))
    assert max(arrived.width, arrived.height) <= limits.SIDE
    assert arrived.luma[0, 0] == pytest.approx(16, abs=6)
    assert arrived.luma[0, -1] == pytest.approx(235, abs=6)
    assert arrived.u.mean() == pytest.approx(128, abs=2)


@pytest.mark.parametrize("height,width", [(4000, 4000), (641, 640), (8, 8), (63, 64)])  # noqa: PT006
def test_pictures_of_a_wrong_size_are_not_decoded(height: int, width: int) -> None:
    _, jpeg = cv2.imencode(".jpg", np.zeros((height, width, 3), np.uint8))
    with pytest.raises(WireError, match="pixels"):
        decoded(jpeg.tobytes())


@pytest.mark.parametrize("damage", [b"", b"no JPEG", b"\xff\xd8\xff\xe0", None])
def test_what_is_no_picture_is_refused(damage: bytes | None) -> None:
    jpeg = encoded(Picture(np.zeros((64, 64), np.uint8), *[np.zeros((32, 32), np.uint8)] * 2, 0, 0))
    with pytest.raises(WireError):
        decoded(jpeg[:100] if damage is None else damage)


# ---------------------------------------------------------------- turns
def begun(turns: Turns[str]) -> list[str]:
    found = []
    while (job := turns.next()) is not None:
        found.append(job)
    return found


def test_cameras_have_their_turn_and_the_newest_question_of_each_goes_first() -> None:
    turns: Turns[str] = Turns(places=3, waiting=2)
    dropped = [turns.come(name[0], name) for name in ("a1", "a2", "a3", "a4", "b1", "c1")]
    assert dropped == [None, None, "a1", "a2", None, None]
    assert begun(turns) == ["a4", "b1", "c1"]
    assert turns.waiting == 1
    turns.leave("b", "b1")
    assert begun(turns) == ["a3"]


def test_who_waits_no_more_leaves_nothing_behind() -> None:
    turns: Turns[str] = Turns(places=1, waiting=2)
    turns.come("a", "a1")
    turns.come("b", "b1")
    assert begun(turns) == ["a1"]
    turns.leave("b", "b1")
    turns.leave("a", "a1")
    assert begun(turns) == []
    turns.come("b", "b2")
    assert begun(turns) == ["b2"]
