"""The loop that camera and microphone share, step by step, on a clock that only its rests move."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.shared.media import source_worker
from actors.shared.media.container import LoginRefusedError, SourceError
from actors.shared.media.source_worker import GOOD_AFTER_S, OPEN_PATIENCE_S, READ_PATIENCE_S, REFUSED_S, SourceWorker
from tests.clock import Clock

UNPLUGGED = SourceError("it is not plugged in")


class Station:
    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Radio(SourceWorker[Station, str]):
    """``opens`` and ``reads``: what each call gives or raises, until the last. ``times``: when it was opened."""

    def __init__(self, clock: Clock, opens: list[Any], reads: list[Any]) -> None:
        self.reports: list[str] = []
        super().__init__("radio", self.reports.append)
        self.clock, self.opens, self.reads = clock, opens, reads
        self.times: list[float] = []
        self.patience: list[float] = []
        self.stations: list[Station] = []
        self.wanted = True

    def post(self, function: Callable[..., object], *args: Any) -> None:
        function(*args)

    def open(self) -> Station | None:
        self.times.append(self.clock.now)
        self.patience.append(self.patience_s)
        if not self._given(self.opens):
            return None
        self.stations.append(Station())
        return self.stations[-1]

    def read(self, source: Station) -> str | None:
        self.patience.append(self.patience_s)
        heard = self._given(self.reads)
        return str(heard) if heard else None

    def _given(self, script: list[Any]) -> Any:
        given = script.pop(0)
        if isinstance(given, SourceError):
            raise given
        if callable(given):
            given = given()
        if not self.opens and not self.reads:
            self.stopping.set()
        return given

    def closed(self) -> str:
        return "off"

    def lost(self, reason: str) -> str:
        return f"lost: {reason}"

    def rest(self, seconds: float) -> None:
        self.clock.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(source_worker, "time", clock)
    return clock


def test_it_is_opened_read_and_closed_in_the_end(clock: Clock) -> None:
    radio = Radio(clock, [True], ["news", "", "news", "music"])
    radio.run()
    assert radio.reports == ["news", "music"], "what is as before is not said again"
    assert radio.patience == [OPEN_PATIENCE_S, *[READ_PATIENCE_S] * 4]
    assert [station.closed for station in radio.stations] == [True]


def test_what_is_not_wanted_is_closed(clock: Clock) -> None:
    def unwanted() -> str:
        radio.wanted = False
        return "news"

    radio = Radio(clock, [True], ["news", unwanted, "never"])
    rested = radio.rest

    def rest(seconds: float) -> None:
        rested(seconds)
        radio.stopping.set()

    radio.rest = rest  # type: ignore[method-assign]
    radio.run()
    assert radio.reports == ["news", "off"]
    assert (radio.reads, radio.stations[0].closed) == (["never"], True)


def test_it_is_tried_again_and_later_each_time(clock: Clock) -> None:
    radio = Radio(clock, [UNPLUGGED, UNPLUGGED, UNPLUGGED, True], ["news"])
    radio.run()
    assert [at - 1000.0 for at in radio.times] == [0.0, 0.5, 1.5, 3.5]
    assert radio.reports == ["lost: it is not plugged in", "news"]


def test_a_source_that_breaks_is_closed_and_opened_again(clock: Clock) -> None:
    radio = Radio(clock, [True, True], ["news", SourceError("static"), "news"])
    radio.run()
    assert radio.reports == ["news", "lost: static", "news"]
    assert [station.closed for station in radio.stations] == [True, True]


@pytest.mark.parametrize(("good_s", "waited"), [(GOOD_AFTER_S + 0.1, 0.5), (GOOD_AFTER_S - 0.1, 2.0)])
def test_a_source_that_was_good_for_a_while_is_forgiven(clock: Clock, good_s: float, waited: float) -> None:
    def later() -> str:
        clock.now += good_s
        return "news"

    radio = Radio(clock, [UNPLUGGED, UNPLUGGED, True, True], [later, SourceError("static"), "news"])
    radio.run()
    assert radio.times[-1] - (radio.times[-2] + good_s) == pytest.approx(waited)


def test_a_refused_password_is_left_alone_for_long(clock: Clock) -> None:
    refused = LoginRefusedError("wrong password")
    radio = Radio(clock, [refused, refused, True, refused, True], ["news", SourceError("static"), "news"])
    radio.run()
    gaps = [round(later - earlier, 1) for earlier, later in zip(radio.times, radio.times[1:], strict=False)]
    assert gaps == [REFUSED_S, 2 * REFUSED_S, 0.5, REFUSED_S], "a login that worked makes the next refusal a first one"


def test_what_is_not_there_yet_is_asked_again_soon_and_is_no_failure(clock: Clock) -> None:
    radio = Radio(clock, [False, False, UNPLUGGED, True], ["news"])
    radio.run()
    assert [at - 1000.0 for at in radio.times] == [0.0, 0.5, 1.0, 1.5]
    assert radio.reports == ["lost: it is not plugged in", "news"]


def test_what_was_waited_for_may_be_there_now(clock: Clock) -> None:
    radio = Radio(clock, [LoginRefusedError("wrong password"), True], ["news"])
    rested = radio.rest

    def rest(seconds: float) -> None:
        rested(seconds)
        radio.try_now()

    radio.rest = rest  # type: ignore[method-assign]
    radio.run()
    assert [at - 1000.0 for at in radio.times] == [0.0, 0.5]


def test_a_rest_ends_when_something_has_changed(clock: Clock) -> None:
    radio = Radio(clock, [], [])
    for change in (radio.wake, radio.try_now, lambda: setattr(radio, "wanted", False)):
        radio._wake.clear()
        change()
        SourceWorker.rest(radio, 3600.0)
