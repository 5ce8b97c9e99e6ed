"""From an event to the other side: sealed, signed, with picture and link; and what happens when it does not answer."""

import asyncio
import base64
import errno
import hashlib
import hmac
import json
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
import simplejpeg

from actors.notifier.outbox import Outbox
from models.messages.notifier import TestChannel as SendTest
from models.notify import limits
from tests.actors.notifier.conftest import Kit, browser, event
from tests.receivers import Endpoint, Mailbox, Posted, vapid_claims

Start = Callable[..., Awaitable[Kit]]


async def test_a_push_message_with_picture_and_link_that_only_the_browser_can_read(
    start: Start, push: Endpoint
) -> None:
    kit = await start()
    phone, channel = await browser(kit, push)
    await kit.rule(channel)
    kit.happen(motion := event())
    await kit.until(lambda: push.posted)
    [posted] = push.posted
    assert (posted.path, posted.headers["content-encoding"], posted.headers["urgency"]) == ("/s/1", "aes128gcm", "high")
    assert 3600 < int(posted.headers["ttl"]) <= limits.EXPIRES_MS / 1000
    assert posted.headers["topic"] == str(motion.event_id)
    claims = vapid_claims(posted.headers["authorization"], (await kit.shown()).public_key)
    assert claims["aud"] == push.url
    assert 0 < claims["exp"] - time.time() < 24 * 3600
    message = json.loads(phone.opened(posted.body))
    assert (message["title"], message["tag"]) == ("Motion", str(motion.event_id))
    assert message["body"].startswith("Garden: ")
    assert message["url"] == f"./#events/{motion.event_id}-{motion.timestamp}"
    head, _, picture = message["image"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert simplejpeg.decode_jpeg(BytesIO(base64.b64decode(picture)).read()).shape[1] >= 120
    await kit.nothing_waits()


async def test_a_browser_that_is_gone_is_forgotten(start: Start, push: Endpoint) -> None:
    kit = await start()
    push.status = 410
    _, channel = await browser(kit, push)
    await kit.rule(channel)
    kit.happen(event())
    await kit.until(lambda: push.posted and not kit.actor._rule_store.channels)
    await kit.nothing_waits()
    view = await kit.shown()
    assert view.channels == ()
    assert view.rules[0]["channels"] == []


async def test_a_new_subscription_takes_the_place_of_its_former_one(start: Start, push: Endpoint) -> None:
    kit = await start()
    phone, channel = await browser(kit, push, "/s/1")
    again = await kit.add("push", subscription=phone.subscription(f"{push.url}/s/1"))
    moved = await kit.add("push", subscription=phone.subscription(f"{push.url}/s/2"), replaces=f"{push.url}/s/1")
    assert channel == again.id == moved.id
    assert [one.url for one in kit.actor._rule_store.channels.values()] == [f"{push.url}/s/2"]


def verified(posted: Posted, secret: str) -> dict[str, object]:
    """As docs/notifications.md says it is done."""
    signed = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert hmac.compare_digest(posted.headers["webhook-signature"], expected)
    assert abs(time.time() - int(posted.headers["webhook-timestamp"])) < 300
    return json.loads(posted.body)  # type: ignore[no-any-return]


async def test_a_webhook_is_signed_and_tried_again_under_the_same_id(start: Start, web: Endpoint) -> None:
    kit = await start(publicAddress="https://cam.example/garden/")
    web.status = 503
    hook = await kit.add("webhook", url=f"{web.url}/hook?token=4711")
    await kit.rule(hook.id, types=["OBJECT_PERSON"])
    kit.happen(person := event("OBJECT_PERSON", confidence=88))
    await kit.until(lambda: len(web.posted) > 1)
    web.status = 200
    await kit.nothing_waits()
    assert len({posted.headers["webhook-id"] for posted in web.posted}) == 1
    assert web.posted[0].path == "/hook?token=4711"
    body = verified(web.posted[-1], hook.secret)
    data = body["data"]
    assert isinstance(data, dict)
    assert data["link"] == f"https://cam.example/garden/#events/{person.event_id}-{person.timestamp}"
    assert data["event"]["confidence"] == 88
    assert simplejpeg.decode_jpeg(base64.b64decode(data["picture"]["base64"])).shape == (180, 320, 3)


async def test_order_is_kept_for_each_channel_and_a_dead_one_holds_up_no_other(
    start: Start, web: Endpoint, push: Endpoint
) -> None:
    kit = await start()
    web.status = 500
    hook = await kit.add("webhook", url=web.url)
    phone, channel = await browser(kit, push)
    await kit.rule(hook.id, channel)
    happened = [event() for _ in range(5)]
    for one in happened:
        kit.happen(one)
    await kit.until(lambda: len(push.posted) == 5)
    assert [json.loads(phone.opened(posted.body))["tag"] for posted in push.posted] == [
        str(one.event_id) for one in happened
    ]
    web.status = 200
    await kit.nothing_waits()
    ids = [json.loads(posted.body)["data"]["event"]["eventId"] for posted in web.posted]
    assert list(dict.fromkeys(ids)) == [one.event_id for one in happened]


async def test_nobody_is_led_elsewhere_nor_flooded(start: Start, web: Endpoint) -> None:
    kit = await start()
    with Endpoint() as elsewhere:
        web.status, web.location, web.answer = 307, elsewhere.url, b"x" * 10_000_000
        hook = await kit.add("webhook", url=web.url)
        tested = await kit.ask(SendTest(hook.id))
        assert not tested.success
        assert tested.answer.startswith("307 Temporary Redirect")
        assert len(tested.answer) <= limits.ANSWER_SHOWN
        assert elsewhere.posted == []


async def test_the_answer_of_the_other_side_is_shown(start: Start, web: Endpoint) -> None:
    kit = await start()
    web.status, web.answer = 422, b'{"problem": "unknown room", "token": "s3cret"}'
    hook = await kit.add("webhook", url=web.url)
    tested = await kit.ask(SendTest(hook.id))
    assert not tested.success
    assert tested.answer.startswith('422 Unprocessable Entity {"problem": "unknown room"')
    assert "s3cret" not in tested.answer
    assert (await kit.shown()).channels[0]["lastError"] == tested.answer
    nobody = await kit.add("webhook", url="http://127.0.0.1:1/")
    assert "Cannot connect to 127.0.0.1" in (await kit.ask(SendTest(nobody.id))).answer
    web.status, web.answer = 200, b"thanks"
    tested = await kit.ask(SendTest(hook.id))
    assert (tested.success, tested.answer) == (True, "200 OK thanks")
    assert json.loads(web.posted[-1].body)["type"] == "camera.test"


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "."])
async def test_a_host_name_that_cannot_be_one_is_said_and_ends_nothing(start: Start, host: str) -> None:
    kit = await start()
    hook = await kit.add("webhook", url=f"http://{host}/s3cret")
    tested = await kit.ask(SendTest(hook.id))
    assert (tested.success, tested.answer) == (False, "The host name in its address is invalid")


async def test_the_secret_part_of_an_address_is_in_no_answer(start: Start, web: Endpoint) -> None:
    """A webhook's path is its password; many servers put it on their page for 404, and aiohttp into its exceptions."""
    kit = await start()
    web.status, web.answer = 404, b"Cannot POST /hooks/s3cret%21?key=s3cret2"
    lines = await asyncio.start_server(
        lambda _, writer: (writer.write(b"220 mail\r\n\r\n"), writer.close()), "127.0.0.1", 0
    )
    async with lines:
        mail = f"http://127.0.0.1:{lines.sockets[0].getsockname()[1]}"
        for url, words in ((web.url, "404 Not Found Cannot POST"), (mail, "It does not answer in HTTP: ")):
            hook = await kit.add("webhook", url=f"{url}/hooks/s3cret%21?key=s3cret2")
            tested = await kit.ask(SendTest(hook.id))
            assert tested.answer.startswith(words)
            assert "s3cret" not in tested.answer


async def test_a_mail_by_apprise_with_its_picture(start: Start) -> None:
    kit = await start(publicAddress="https://cam.example")
    with Mailbox() as mailbox:
        mail = await kit.add("apprise", url=mailbox.url, name="Mail")
        await kit.rule(mail.id, types=["BABY_CRY"])
        kit.happen(cry := event("BABY_CRY"))
        await kit.until(lambda: mailbox.received, 60)
        await kit.nothing_waits()
    [message] = mailbox.received
    assert message["Subject"] == "A baby is crying"
    assert (
        f"https://cam.example/#events/{cry.event_id}-{cry.timestamp}"
        in message.get_body(("plain", "html")).get_content()
    )  # type: ignore[union-attr]
    [picture] = message.iter_attachments()
    assert (picture.get_content_type(), picture.get_content()) == ("image/jpeg", kit.picture.read_bytes())
    assert list((kit.boot.run_dir / "notifier").iterdir()) == []


async def test_what_cannot_be_handed_to_apprise_is_said_and_ends_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = await start()
    mail = await kit.add("apprise", url="mailto://127.0.0.1:1?mode=insecure&from=a@b.org&to=c@d.org")

    def full(*_: Any, **__: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    tested = await kit.ask(SendTest(mail.id))
    assert (tested.success, tested.answer) == (False, "It could not be passed to apprise: No space left on device")


async def test_a_mail_server_that_is_away_is_said_without_a_secret(start: Start) -> None:
    kit = await start()
    mail = await kit.add("apprise", url="mailto://anna:s3cretword@127.0.0.1:1?mode=insecure&from=a@b.org&to=c@d.org")
    tested = await kit.ask(SendTest(mail.id))
    assert not tested.success
    assert "refused" in tested.answer
    assert "s3cretword" not in f"{tested.answer} {await kit.shown()}"


async def test_a_clock_that_was_set_back_holds_up_no_message_without_a_picture(start: Start, web: Endpoint) -> None:
    kit = await start()
    kit.picture.unlink()
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(hook.id)
    kit.happen(event(ago_ms=-3_600_000))
    await kit.until(lambda: web.posted)
    await kit.nothing_waits()
    assert json.loads(web.posted[0].body)["data"]["picture"] is None


async def test_a_full_disk_is_waited_for_and_said(start: Start, web: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DISK_WAIT_S", 0.02)
    full = {"take": 2, "done": 2}
    for name in full:
        method = getattr(Outbox, name)

        def refusing(self: Outbox, *args: Any, name: str = name, method: Any = method) -> Any:
            full[name] -= 1
            if full[name] >= 0:
                raise sqlite3.OperationalError("database or disk is full")
            return method(self, *args)

        monkeypatch.setattr(Outbox, name, refusing)
    kit = await start()
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(hook.id)
    kit.happen(event())
    await kit.until(lambda: "disk is full" in kit.degraded)
    await kit.until(lambda: web.posted)
    await kit.nothing_waits()
    assert (len(web.posted), kit.degraded, full["done"]) == (1, "", -1)


async def test_a_kill_while_it_is_under_way_repeats_that_one_and_loses_none(start: Start, web: Endpoint) -> None:
    kit = await start()
    hook = await kit.add("webhook", url=web.url)
    await kit.rule(hook.id)
    kit.happen(event())
    await kit.until(lambda: len(web.posted) == 1)
    await kit.nothing_waits()
    web.hold = threading.Event()
    kit.happen(event())
    await kit.until(lambda: len(web.posted) == 2)  # the other side has it and has not said so
    await kit.kill()
    kit.happen(event(), told=False)  # while we are away
    web.hold.set()
    web.hold = None
    await kit.start()
    await kit.until(lambda: len(web.posted) == 4)
    await kit.nothing_waits()
    ids = [posted.headers["webhook-id"] for posted in web.posted]
    assert ids[1] == ids[2]
    assert len(set(ids)) == 3
    await kit.reborn()
    await kit.nothing_waits()
    assert len(web.posted) == 4
