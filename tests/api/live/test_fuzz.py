"""Hundreds of messages that are nearly right: the socket stays, and whatever is answered fits the schema."""

import json
import random
from typing import Any

import pytest

from models.http import limits
from models.http.schema import CLIENT, HELLO
from models.messages.camera import Capture
from models.messages.speaker import Speak, SpeakResult, TalkChunk
from models.rate_limit import TokenBucket, Window
from tests.api.live.conftest import Open
from tests.api.live.test_commands import STILL

SHAPES = CLIENT | {"hello": HELLO}
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    1e308,
    "",
    "x" * 600,
    "\u0000",
    "\ud83d\ude00",
    [],
    [[]],
    {},
    {"type": "x"},
]
PLAUSIBLE: list[Any] = [
    "frameRate",
    "motionEnabled",
    20,
    50,
    True,
    False,
    "start",
    "raw",
    "v1",
    ["levels"],
    {"frameRate": 5},
]


def message(pick: random.Random) -> dict[str, Any]:
    kind = pick.choice(sorted(SHAPES))
    fields = [name for name in SHAPES[kind]["properties"] if name != "type"]
    values = {name: pick.choice(ODD if pick.random() < 0.3 else PLAUSIBLE) for name in fields if pick.random() < 0.7}
    return {"type": kind if pick.random() < 0.97 else pick.choice(ODD)} | values


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_that_is_nearly_right_does_harm(
    surface: Open, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(limits, "MALFORMED", 10**6)
    monkeypatch.setattr(limits, "AUTH_TRIES", 10**6)
    monkeypatch.setattr(TokenBucket, "take", lambda _self, _now: True)
    assert Window(limits.MALFORMED, 1.0).limit == 10**6
    here = await surface()
    here.stage.answers |= {Capture: STILL, Speak: SpeakResult(900), TalkChunk: None}
    caller = await here.ready()
    pick = random.Random(seed)
    for turn in range(300):
        await caller.ws.send_str(json.dumps(message(pick)))
        if turn % 25 == 0:
            await caller.said()  # checks every message against the schema on its way
    assert "pong" in await caller.said()
