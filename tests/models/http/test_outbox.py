from models.http.limits import QUEUED_MESSAGES, QUEUED_SOUND
from models.http.outbox import Outbox
from models.http.viewer_queue import ViewerQueue
from models.http.websocket_frames import AccessUnit
from tests.api.stage import idr


def all_of(box: Outbox) -> list[bytes]:
    return list(iter(box.take, None))


def test_nothing_stands_between_the_parts_of_the_snapshot() -> None:
    box = Outbox()
    box.event(b"event")
    box.state("settings", b"settings")
    box.sound(b"sound")
    box.answer(b"auth")
    assert all_of(box) == [b"auth"]
    box.open([b"connected", b"status", b"system_info", b"mqtt", b"rtsp"])
    assert all_of(box) == [b"connected", b"status", b"system_info", b"mqtt", b"rtsp", b"event", b"settings", b"sound"]


def test_of_a_state_only_the_newest_goes_out() -> None:
    box = Outbox()
    box.open([])
    for number in range(5):
        box.state("status", b"%d" % number)
    box.state("settings", b"s")
    assert all_of(box) == [b"4", b"s"]


def test_the_state_waits_for_the_answer_it_follows_from() -> None:
    box = Outbox()
    box.open([])
    box.hold()
    box.state("settings", b"broadcast")
    assert box.take() is None
    box.answer(b"ack")
    box.let_go()
    assert all_of(box) == [b"ack", b"broadcast"]


def test_events_are_never_dropped_but_bounded() -> None:
    box = Outbox()
    box.open([])
    assert all(box.event(b"%d" % number) for number in range(QUEUED_MESSAGES))
    assert not box.event(b"one too many")


def test_of_sound_the_oldest_is_dropped() -> None:
    box = Outbox()
    box.open([])
    for number in range(QUEUED_SOUND + 3):
        box.sound(b"%d" % number)
    assert all_of(box)[0] == b"3"


def test_boxes_never_queue() -> None:
    box = Outbox()
    box.open([])
    box.boxes(b"old")
    box.boxes(b"new")
    assert all_of(box) == [b"new"]


def test_answers_then_state_then_pictures_then_sound_then_boxes() -> None:
    box = Outbox()
    box.open([])
    box.boxes(b"boxes")
    box.sound(b"sound")
    box.video = ViewerQueue("raw")
    unit = AccessUnit(idr(1))
    box.video.offer(unit, 0.0)
    box.state("status", b"status")
    box.answer(b"ack")
    assert all_of(box) == [b"ack", b"status", unit.frame("raw", False), b"sound", b"boxes"]
