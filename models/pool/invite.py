"""The one line with which a pool invites a camera: where it is, how to know it, and what to show it.

``https://host:8460/#sha256=…&token=…``. What follows # never goes over the network.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")
FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Invite:
    """``url`` without path and fragment; ``fingerprint``: SHA-256 of the pool's certificate (DER), in hex."""

    url: str
    fingerprint: str
    token: str = field(repr=False)

    def line(self) -> str:
        return f"{self.url}/#sha256={self.fingerprint}&token={self.token}"


def parse(line: str) -> Invite:
    """Raises ValueError: what is wrong with it, without showing it."""
    parts = urlsplit(line.strip())
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.path not in ("", "/"):
        raise ValueError("it is not https://HOST:PORT/#…, as `ipcamera pool invite` prints it")
    try:
        port = parts.port or 443
    except ValueError:
        raise ValueError("its port is not a number from 1 to 65535") from None
    said = dict(parse_qsl(parts.fragment))
    fingerprint, token = said.get("sha256", "").replace(":", "").lower(), said.get("token", "")
    if not FINGERPRINT.fullmatch(fingerprint):
        raise ValueError("the fingerprint of the pool's certificate is missing (#sha256=…)")
    if not TOKEN.fullmatch(token):
        raise ValueError("the token is missing (#…&token=…)")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Invite(f"https://{host}:{port}", fingerprint, token)
