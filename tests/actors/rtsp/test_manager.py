"""The manager alone: what it does while session actors are not there yet."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from actors.rtsp.manager import Rtsp
from config.boot import Boot
from models.messages import Ok
from models.messages.rtsp import GetRtsp, StartRtsp
from models.messages.rtsp_session import AbortServing, CommitServing, PrepareServing, SessionsReport, StopServing
from models.messages.settings import ChangeSettings
from tests.actor_kit import ActorKit

Kit = ActorKit[Rtsp]
SESSIONS = "rtsp_session_0"
IDLE = SessionsReport(SESSIONS, "", ())


@pytest.fixture
async def kit(boot: Boot) -> AsyncIterator[Kit]:
    answers = dict.fromkeys((PrepareServing, CommitServing, AbortServing, StopServing), Ok())
    async with ActorKit(Rtsp, boot, answers=answers) as kit:
        yield kit


def committed(kit: Kit) -> bool:
    return (SESSIONS, CommitServing()) in kit.asked


async def test_a_start_waits_for_the_first_session_actor(kit: Kit) -> None:
    starting = asyncio.create_task(kit.ask(StartRtsp()))
    await kit.until(lambda: any(isinstance(message, ChangeSettings) for _, message in kit.asked))
    await kit.tell(IDLE, SESSIONS)
    assert await starting == Ok()
    assert committed(kit)
    assert (await kit.ask(GetRtsp())).running


async def test_a_switch_that_is_on_waits_for_the_first_session_actor(kit: Kit) -> None:
    kit.settle(rtspEnabled=True)
    await kit.until(lambda: kit.actor.settings["rtspEnabled"])
    await kit.tell(IDLE, SESSIONS)
    await kit.until(lambda: committed(kit))
    assert kit.degraded == ""
