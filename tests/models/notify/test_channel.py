"""Channels: what is taken, and that nothing secret is shown."""

import base64
import hashlib
import hmac
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from models.errors import Invalid
from models.events import Event
from models.notify import channel, notice, webhook
from tests.receivers import Browser, coded

ENDPOINT = "https://push.example/send/s3cret"
GOOD = Browser().subscription(ENDPOINT)


def test_nothing_secret_is_shown_of_a_channel() -> None:
    all_of_them = [
        channel.push({"subscription": GOOD, "name": "phone"}, "1"),
        channel.webhook({"url": "https://user:s3cret@house.example:8/s3cret?t=s3cret"}, "2", "whsec_s3cret"),
        channel.apprise({"url": "tgram://s3cret/12"}, "3", "Telegram", "tgram://…"),
    ]
    for one in all_of_them:
        assert "s3cret" not in f"{one.shown()} {one!r} {one}"
        assert channel.restored(one.kept()) == one


@pytest.mark.parametrize(
    "subscription",
    [
        None,
        {},
        {**GOOD, "endpoint": "http://push.example/1"},
        {**GOOD, "endpoint": "https://"},
        {**GOOD, "endpoint": "https://[::1"},
        {**GOOD, "endpoint": "https://push.example:99999/"},
        {**GOOD, "endpoint": "https://push.example/a b"},
        {**GOOD, "keys": {}},
        {**GOOD, "keys": {**GOOD["keys"], "auth": "AAAA"}},
        {**GOOD, "keys": {**GOOD["keys"], "p256dh": coded(bytes(65))}},
        {**GOOD, "keys": {**GOOD["keys"], "p256dh": "é" * 87}},
    ],
)
def test_what_is_no_subscription_is_refused(subscription: object) -> None:
    with pytest.raises(Invalid):
        channel.push({"subscription": subscription}, "1")


@pytest.mark.parametrize(
    "url", [None, "", "ftp://house.example/", "https://", "file:///etc/passwd", "https://" + "a" * 3000]
)
def test_a_webhook_is_an_address_of_the_web(url: object) -> None:
    with pytest.raises(Invalid, match=r"^url: "):
        channel.webhook({"url": url}, "1", "whsec_")


def test_the_example_of_standard_webhooks() -> None:
    """The values of its specification, and the signature that its own library makes of them."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = webhook.headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + body
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def test_the_verification_in_the_manual_is_right() -> None:
    manual = (Path(__file__).parents[3] / "docs" / "notifications.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", manual, re.S)
    names: dict[str, Any] = {}
    exec(code, names)
    secret, now = webhook.secret_text(bytes(32)), int(time.time())
    headers = webhook.headers(secret, "1", now, b"{}")
    assert names["is_genuine"](headers, b"{}", secret)
    assert not names["is_genuine"](headers, b"{ }", secret)
    assert not names["is_genuine"](headers, b"{}", webhook.secret_text(b"1" * 32))
    assert not names["is_genuine"](webhook.headers(secret, "1", now - 301, b"{}"), b"{}", secret)


def test_a_push_message_has_the_picture_that_fits_and_the_way_to_the_event() -> None:
    told = notice.of_event(Event(5, 5, "MOTION", 1000, {}), "Garden", "12:00", b"jpeg")
    message = json.loads(notice.for_push(told, 3000, lambda room: b"p" * room))
    assert message["url"] == "./#events/5-1000"
    assert message["thumbnail"] == "events/5/thumbnail"
    assert message["image"].startswith("data:image/jpeg;base64,")
    assert len(notice.for_push(told, 3000, lambda room: b"p" * room)) <= 3000
    assert "image" not in json.loads(notice.for_push(told, 3000, lambda _room: b""))


def test_texts_of_any_length_fit_into_a_push_message() -> None:
    told = notice.of_event(Event(5, 5, "SYSTEM_STORAGE", 1, {"text": "ü" * 9000}), "D" * 64, "", b"")
    assert len(notice.for_push(told, 3993, lambda _room: b"")) < 2000
