"""A detector of sounds that has no sound says so, instead of looking as if it were watching."""

import pytest

from actors.detector.actor import Detector
from config.boot import Boot
from models.messages.detector import GetDetector
from models.messages.microphone import MicrophoneView
from tests.actor_kit import ActorKit

RUNNING = MicrophoneView("running", "sound card", -40.0)
WITHOUT = MicrophoneView("none", "", -100.0, "no sound card was found")
ON = {"soundEnabled": True, "motionEnabled": True}


async def trouble(kit: ActorKit[Detector]) -> str:
    [switch] = (await kit.ask(GetDetector())).switches
    return switch.degraded


async def test_no_sound_is_said_until_there_is_some(boot: Boot) -> None:
    async with ActorKit(Detector, boot, name="sound", settings=ON) as kit:
        assert await trouble(kit) == ""
        kit.state(WITHOUT, "microphone")
        assert await trouble(kit) == "There is no sound: no sound card was found"
        kit.state(RUNNING, "microphone")
        assert await trouble(kit) == ""


@pytest.mark.parametrize(("name", "settings"), [("motion", ON), ("sound", {})])
async def test_who_needs_none_is_silent_about_it(boot: Boot, name: str, settings: dict[str, bool]) -> None:
    async with ActorKit(Detector, boot, name=name, settings=settings) as kit:
        kit.state(WITHOUT, "microphone")
        assert await trouble(kit) == ""
