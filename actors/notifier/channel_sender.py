"""Sends one message to one channel, and interprets the receiver's answer.

Only the logged-in owner configures receivers; even so, nothing here can be redirected or flooded: push and webhooks
follow no redirect and read at most 2 KiB of an answer, and apprise runs in a process with limits (``sender``).
"""

import asyncio
import json
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec

from actors.notifier.pictures import shrink
from actors.notifier.sender import without
from actors.runtime.worker import SerialExecutor
from config.redact import redact_text
from models.errors import Invalid, Unavailable
from models.notify import limits, webhook, webpush
from models.notify.channel import APPRISE, PUSH, WEBHOOK, Channel, decoded
from models.notify.notice import Notice, for_push, for_webhook

SENDER = Path(__file__).with_name("sender.py")


class Fate(Enum):
    DELIVERED = "delivered"
    LATER = "later"  # worth a retry
    REFUSED = "refused"  # this message will never be accepted
    GONE = "gone"  # the receiver no longer exists: the channel can be deleted


@dataclass(frozen=True, slots=True)
class Outcome:
    """``said``: the other side's answer in words. ``wait_s``: what it asks us to wait, 0 if nothing."""

    fate: Fate
    said: str
    wait_s: float = 0.0


class ChannelSender:
    """``link``: gives the address of the page. ``folder``: for pictures that apprise attaches, emptied at the start."""

    def __init__(
        self,
        executor: SerialExecutor,
        key: ec.EllipticCurvePrivateKey,
        device_id: str,
        link: Callable[[], str],
        folder: Path,
    ) -> None:
        self._executor = executor
        self._key = key
        self._device_id = device_id
        self._link = link
        self._turn = asyncio.Lock()  # one process of apprise at a time: each takes 30 MB
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)  # of a life that was killed
        folder.mkdir(mode=0o700, parents=True)

    async def carry(self, channel: Channel, notice: Notice, expires: int) -> Outcome:
        ways: dict[str, Callable[[Channel, Notice, int], Awaitable[Outcome]]] = {
            PUSH: self._push,
            WEBHOOK: self._webhook,
            APPRISE: self._apprise,
        }
        return await ways[channel.kind](channel, notice, expires)

    # ---------------------------------------------------------------- Web Push
    async def _push(self, channel: Channel, notice: Notice, expires: int) -> Outcome:
        small = partial(shrink, notice.picture)
        plain = await self._executor.run(for_push, notice, webpush.PLAINTEXT_MAX, small)
        one_time, salt = ec.generate_private_key(webpush.CURVE), secrets.token_bytes(webpush.SALT_BYTES)
        try:
            body = webpush.encrypt(plain, decoded(channel.key), decoded(channel.auth), one_time, salt)
        except ValueError as error:
            return Outcome(Fate.GONE, f"The browser's key is invalid: {error}")
        now, parts = int(time.time()), urlsplit(channel.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        headers = {
            "Authorization": webpush.vapid(self._key, origin, now + limits.VAPID_S),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(60, expires // 1000 - now)),
            "Urgency": "high",
            "Topic": notice.key[-32:],  # sent again, it replaces itself (RFC 8030 §5.4)
        }
        return await _post(channel.url, body, headers, _fate_of_push)

    # ---------------------------------------------------------------- webhook
    async def _webhook(self, channel: Channel, notice: Notice, _expires: int) -> Outcome:
        moment = datetime.fromtimestamp(notice.timestamp / 1000, UTC).isoformat(timespec="milliseconds")
        body = for_webhook(notice, self._device_id, f"{self._link()}/#{notice.fragment}", moment)
        message_id = f"{self._device_id[:12]}-{channel.id}-{notice.key}"
        headers = webhook.headers(channel.secret, message_id, int(time.time()), body)
        return await _post(channel.url, body, headers, _fate_of_webhook)

    # ---------------------------------------------------------------- apprise
    async def _apprise(self, channel: Channel, notice: Notice, _expires: int) -> Outcome:
        text = f"{notice.body}\n{self._link()}/#{notice.fragment}"
        job = {"url": channel.url, "title": notice.title, "body": text, "picture": ""}
        async with self._turn:
            try:
                with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                    if notice.picture:
                        picture = Path(folder) / "picture.jpg"
                        picture.write_bytes(notice.picture)
                        job["picture"] = str(picture)
                    report = await _sender(job)
            except OSError as error:  # the run directory is full, or no process can be made
                raise Unavailable(f"It could not be passed to apprise: {error.strerror}") from error
        said = redact_text(str(report.get("said", "")))[: limits.ANSWER_SHOWN]
        if report.get("ok") is True:
            return Outcome(Fate.DELIVERED, said or "Taken")
        return Outcome(Fate.LATER, said or "It was rejected, without a reason")

    async def examine(self, url: str) -> tuple[str, str]:
        """The service that apprise recognises in a URL, and the part of it that may be shown.

        Raises:
            Invalid: it recognises none.
        """
        async with self._turn:
            report = await _sender({"url": url})
        if report.get("ok") is not True:
            said = redact_text(str(report.get("said", "")))[: limits.ANSWER_SHOWN]
            raise Invalid(f"url: apprise cannot use it: {said}")
        return str(report.get("service", "")), f"{url.partition(':')[0].lower()}://…"


async def _post(url: str, body: bytes, headers: dict[str, str], fate_of: Callable[[int], Fate]) -> Outcome:
    timeout = aiohttp.ClientTimeout(limits.REQUEST_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": "ipcamera"}) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            text = (await response.content.read(limits.ANSWER_BYTES)).decode(errors="replace")
            fate, wait_s = fate_of(response.status), _wait_s(response)
            said = f"{response.status} {response.reason or ''} {text}"
    except TimeoutError:
        fate, wait_s, said = Fate.LATER, 0.0, f"No answer within {limits.REQUEST_S:.0f} s"
    except (aiohttp.ClientError, OSError, UnicodeError) as error:
        fate, wait_s, said = Fate.LATER, 0.0, _words(error)
    return Outcome(fate, redact_text(without(_secret_of(url), said))[: limits.ANSWER_SHOWN], wait_s)


def _secret_of(url: str) -> str:
    """What ``Channel.target`` does not show of it."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[0]}/{parts._replace(scheme='', netloc='').geturl()}"


def _fate_of_push(status: int) -> Fate:
    """RFC 8030 §5 and §7.3."""
    if 200 <= status < 300:
        return Fate.DELIVERED
    if status in (404, 410):
        return Fate.GONE
    return Fate.LATER if status == 429 or status >= 500 else Fate.REFUSED


def _fate_of_webhook(status: int) -> Fate:
    return Fate.DELIVERED if 200 <= status < 300 else Fate.LATER


def _wait_s(response: aiohttp.ClientResponse) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), limits.RETRY_AFTER_MAX_S) if text.isascii() and text.isdecimal() else 0.0


def _words(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"Its certificate is not trusted: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"Cannot connect to {error.host}: {error.os_error.strerror or error.os_error}"
    if isinstance(error, aiohttp.ClientResponseError):  # whose text has the URL in it, as InvalidURL's
        return f"It does not answer in HTTP: {error.message}"
    if isinstance(error, aiohttp.InvalidURL | UnicodeError):  # a label of more than 63 letters, or none
        return "The host name in its address is invalid"
    return str(error) or type(error).__name__


async def _sender(job: dict[str, Any]) -> dict[str, Any]:
    """The report of ``sender``; a process that does not end in time is killed."""
    bounds = {"memory": limits.SENDER_MEMORY, "redirects": limits.SENDER_REDIRECTS}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(SENDER)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=limits.SENDER_BYTES,
    )
    try:
        async with asyncio.timeout(limits.SENDER_S):
            out, _ = await process.communicate(json.dumps({**job, **bounds}).encode())
    except TimeoutError:
        return {"ok": False, "said": f"No answer within {limits.SENDER_S:.0f} s"}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        report = json.loads(out[: limits.SENDER_BYTES])
    except ValueError:
        raise Unavailable(f"The process that sends with apprise failed (exit status {process.returncode})") from None
    return report if isinstance(report, dict) else {}
