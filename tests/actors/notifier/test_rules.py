"""Which events reach whom; and what the free licence covers."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from models.errors import Invalid, Missing, Refused
from models.messages.notifier import DeleteChannel, DeleteRule, PutChannel, PutRule
from models.messages.notifier import TestChannel as SendTest
from models.notify import limits
from tests.actors.notifier.conftest import FREE, PRO, Kit, browser, event
from tests.receivers import Endpoint

Start = Callable[..., Awaitable[Kit]]


async def test_without_a_rule_nothing_leaves(start: Start, web: Endpoint) -> None:
    kit = await start()
    hook = await kit.add("webhook", url=web.url)
    kit.happen(event(ago_ms=5))
    await kit.idle()
    await kit.rule(hook.id)  # what was before is not told afterwards
    await kit.reborn()
    await kit.nothing_waits()
    assert web.posted == []


async def test_at_most_every_n_minutes_also_across_a_kill(start: Start, web: Endpoint) -> None:
    kit = await start()
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(hook.id, everyMin=5)
    kit.happen(event())
    kit.happen(event())
    await kit.nothing_waits()
    await kit.reborn()
    kit.happen(event())
    await kit.nothing_waits()
    assert len(web.posted) == 1
    kit.happen(event(ago_ms=-6 * 60_000))  # six minutes later
    await kit.nothing_waits()
    assert len(web.posted) == 2


async def test_only_while_nobody_watches(start: Start, web: Endpoint) -> None:
    kit = await start()
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(hook.id, unwatched=True)
    kit.watching = 1
    kit.happen(event())
    await kit.nothing_waits()
    assert web.posted == []
    kit.watching = 0
    kit.happen(event())
    await kit.until(lambda: web.posted)


async def test_hours_and_days_are_those_of_the_device(start: Start, web: Endpoint) -> None:
    kit = await start()
    hook = await kit.add("webhook", url=web.url)
    now = time.localtime()
    other = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    today = other.pop(now.tm_wday)
    await kit.rule(hook.id, days=other)
    await kit.rule(hook.id, types=["DOG_BARK"], days=[today])
    kit.happen(event())
    kit.happen(event("DOG_BARK"))
    await kit.until(lambda: web.posted)
    await kit.nothing_waits()
    assert [b'"DOG_BARK"' in posted.body for posted in web.posted] == [True]


async def test_two_rules_tell_a_channel_once(start: Start, web: Endpoint) -> None:
    kit = await start()
    hook = await kit.add("webhook", url=web.url)
    for _ in range(2):
        await kit.rule(hook.id)
    kit.happen(event())
    await kit.until(lambda: web.posted)
    await kit.nothing_waits()
    assert len(web.posted) == 1


async def test_news_that_was_missed_is_found_in_the_history(start: Start, web: Endpoint) -> None:
    kit = await start()
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(hook.id)
    missed = [event() for _ in range(3)]
    for one in missed:
        kit.happen(one, told=False)
    await kit.actor.on_missed("event_log", 3)
    await kit.until(lambda: len(web.posted) == 3)
    await kit.nothing_waits()


async def test_what_happens_while_they_are_off_concerns_nobody(start: Start, web: Endpoint) -> None:
    kit = await start()
    web.status = 500
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(hook.id)
    kit.happen(event())
    await kit.until(lambda: web.posted)
    kit.stored["notificationsEnabled"] = False
    await kit.stop()
    kit.happen(event(), told=False)
    await asyncio.sleep(0.01)  # that time goes on
    web.posted.clear()
    kit.settle(notificationsEnabled=True)
    await kit.start()
    await kit.nothing_waits()
    assert web.posted == []
    web.status = 200
    kit.happen(event())
    await kit.until(lambda: web.posted)


async def test_what_is_too_old_is_not_told(start: Start, web: Endpoint) -> None:
    kit = await start()
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(hook.id)
    kit.happen(event(ago_ms=limits.EXPIRES_MS + 1000))
    await kit.nothing_waits()
    assert web.posted == []


async def test_free_is_web_push_of_motion(start: Start, push: Endpoint, web: Endpoint) -> None:
    kit = await start(FREE)
    _, phone = await browser(kit, push)
    await kit.rule(phone)
    for message in (
        PutChannel({"kind": "webhook", "url": web.url}),
        PutChannel({"kind": "apprise", "url": "json://localhost"}),
        PutRule({"types": ["MOTION", "BABY_CRY"], "channels": [phone]}),
    ):
        with pytest.raises(Refused) as refused:
            await kit.ask(message)
        assert refused.value.fields == {"feature": "notifications"}
    kit.happen(event())
    await kit.until(lambda: push.posted)


async def test_a_licence_that_ends_ends_what_it_covered(start: Start, push: Endpoint, web: Endpoint) -> None:
    kit = await start(PRO)
    _, phone = await browser(kit, push)
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(phone, hook.id, types=["MOTION", "BABY_CRY"])
    kit.state(FREE, "license")
    await kit.idle()
    kit.happen(event("BABY_CRY"))
    kit.happen(event())
    await kit.until(lambda: push.posted)
    await kit.nothing_waits()
    assert (len(push.posted), web.posted) == (1, [])
    with pytest.raises(Refused):
        await kit.ask(SendTest(hook.id))
    [shown] = (await kit.shown()).rules
    with pytest.raises(Refused):
        await kit.ask(PutRule(shown))
    await kit.ask(PutRule({**shown, "enabled": False}))  # it may rest
    await kit.ask(PutRule({**shown, "types": ["MOTION"]}))


async def test_what_is_deleted_is_gone(start: Start, web: Endpoint) -> None:
    kit = await start()
    web.status = 500
    hook = await kit.add("webhook", url=web.url)
    rule = await kit.rule(hook.id)
    kit.happen(event())
    await kit.until(lambda: web.posted)
    await kit.ask(DeleteChannel(hook.id))
    await kit.nothing_waits()
    await kit.ask(DeleteRule(rule))
    view = await kit.shown()
    assert (view.channels, view.rules, view.waiting) == ((), (), 0)
    for message in (DeleteChannel(hook.id), DeleteRule(rule), SendTest(hook.id)):
        with pytest.raises(Missing):
            await kit.ask(message)


async def test_there_is_an_end_to_what_can_be_kept(
    start: Start, web: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OUTBOX_ROWS", 5)
    kit = await start()
    web.status = 500
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(hook.id)
    happened = [event() for _ in range(9)]
    for one in happened:
        kit.happen(one)
    await kit.until(lambda: web.posted and kit.actor._intake._arrived.empty())
    assert (await kit.shown()).waiting <= 5
    web.status = 200
    await kit.nothing_waits()
    assert f'"eventId":{happened[-1].event_id}'.encode() in web.posted[-1].body


async def test_a_url_that_apprise_does_not_know_is_refused(start: Start) -> None:
    kit = await start()
    with pytest.raises(Invalid, match="apprise cannot use it"):
        await kit.add("apprise", url="nosuch://thing")
    known = await kit.add("apprise", url="ntfy://s3cret-topic")
    assert "s3cret" not in str(await kit.shown())
    assert kit.actor._rule_store.channels[known.id].name == "ntfy"
    with pytest.raises(Invalid, match="kind"):
        await kit.add("pigeon")
