"""Where notifications go: a browser (Web Push), a webhook, or anything that apprise knows."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from models.errors import Invalid
from models.notify import limits
from models.notify.rule import name

PUSH, WEBHOOK, APPRISE = KINDS = ("push", "webhook", "apprise")
FREE_KINDS = frozenset({PUSH})
PUBLIC_KEY_BYTES, AUTH_BYTES = 65, 16  # RFC 8291 §3.1 and §3.2
POINT = 4  # an uncompressed point (X9.62)


@dataclass(frozen=True, slots=True)
class Channel:
    """``url``: the push endpoint, the webhook, or apprise's URL: a secret, as are ``key``, ``auth`` and ``secret``.

    ``target``: what may be shown of it.
    """

    id: str
    kind: str
    name: str
    target: str
    url: str
    key: str = ""  # push: p256dh, base64url
    auth: str = ""  # push: the authentication secret, base64url
    secret: str = ""  # webhook: the signing secret, "whsec_…"

    def shown(self) -> dict[str, object]:
        return {"id": self.id, "kind": self.kind, "name": self.name, "target": self.target}

    def kept(self) -> dict[str, Any]:
        return asdict(self)

    def __repr__(self) -> str:
        return f"Channel({self.id}, {self.kind})"


def restored(values: Mapping[str, Any]) -> Channel:
    return Channel(**values)


def push(body: Mapping[str, object], channel_id: str) -> Channel:
    """From a browser's PushSubscription in JSON.

    Raises:
        Invalid: "key: reason".
    """
    subscription = body.get("subscription")
    keys = subscription.get("keys") if isinstance(subscription, dict) else None
    if not isinstance(subscription, dict) or not isinstance(keys, dict):
        raise Invalid("subscription: Expected a PushSubscription")
    url = _address(subscription.get("endpoint"), "endpoint", ("https",))
    key, auth = keys.get("p256dh"), keys.get("auth")
    if _size(key) != PUBLIC_KEY_BYTES or decoded(str(key))[0] != POINT or _size(auth) != AUTH_BYTES:
        raise Invalid("subscription: Its keys are not those of RFC 8291")
    host = urlsplit(url).hostname or ""
    return Channel(channel_id, PUSH, name(body, "name", host), host, url, str(key), str(auth))


def webhook(body: Mapping[str, object], channel_id: str, secret: str) -> Channel:
    """``secret``: a new one."""
    url = _address(body.get("url"), "url", ("https", "http"))
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return Channel(channel_id, WEBHOOK, name(body, "name", host), f"{parts.scheme}://{host}/…", url, secret=secret)


def apprise(body: Mapping[str, object], channel_id: str, service: str, target: str) -> Channel:
    """``service`` and ``target``: what apprise says of the URL."""
    return Channel(channel_id, APPRISE, name(body, "name", service), target, apprise_url(body))


def apprise_url(body: Mapping[str, object]) -> str:
    value = body.get("url")
    if not isinstance(value, str) or "://" not in value or not value.isprintable() or len(value) > limits.URL_MAX:
        raise Invalid(f"url: Expected an apprise URL of at most {limits.URL_MAX} characters")
    return value.strip()


def decoded(text: str) -> bytes:
    """base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _size(text: object) -> int:
    if not isinstance(text, str) or not text.isascii() or len(text) > 2 * PUBLIC_KEY_BYTES:
        return 0
    try:
        return len(decoded(text))
    except (binascii.Error, ValueError):
        return 0


def _address(value: object, key: str, schemes: tuple[str, ...]) -> str:
    if isinstance(value, str) and value.isprintable() and " " not in value and len(value) <= limits.URL_MAX:
        try:
            parts = urlsplit(value)
            if parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0):
                return value
        except ValueError:  # a port or an IPv6 address that is none
            raise Invalid(f"{key}: Not a URL") from None
    raise Invalid(f"{key}: Expected a URL that begins with {' or '.join(f'{one}://' for one in schemes)}")
