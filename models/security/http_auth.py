"""What a client answers to a 401: Basic (RFC 7617) and Digest (RFC 7616), for HTTP and RTSP alike."""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from models.security.auth_params import auth_params

_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Digest)\s", re.IGNORECASE)
_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}  # RFC 7616 §6.1


@dataclass(frozen=True, slots=True)
class Challenge:
    scheme: str  # basic, digest
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def algorithm(self) -> str:
        return self.fields.get("algorithm", "MD5").upper()

    @property
    def hash_name(self) -> str:
        """For hashlib; "" for an algorithm that is not known."""
        return _HASHES.get(self.algorithm.removesuffix("-SESS"), "")


def challenges(values: Iterable[str]) -> list[Challenge]:
    """Those that can be answered, the strongest first. ``values``: of the ``WWW-Authenticate`` headers."""
    found = []
    for value in values:
        begins = list(_SCHEME.finditer(value))
        for index, match in enumerate(begins):
            text = value[match.end() : begins[index + 1].start() if index + 1 < len(begins) else len(value)]
            found.append(Challenge(match[1].lower(), auth_params(text)))
    usable = [c for c in found if c.scheme == "basic" or (c.hash_name and "nonce" in c.fields)]
    return sorted(usable, key=lambda c: (c.scheme == "basic", "SHA" not in c.algorithm))


class Authorization:
    """The answers to one challenge; ``nc`` counts up as RFC 7616 §3.4 wants."""

    def __init__(self, challenge: Challenge, user: str, password: str, cnonce: str) -> None:
        self.challenge = challenge
        self._user, self._password, self._cnonce = user, password, cnonce
        self._count = 0

    def header(self, method: str, uri: str) -> str:
        """The value of ``Authorization`` for this request."""
        if self.challenge.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        return self._digest(method, uri)

    def _digest(self, method: str, uri: str) -> str:
        fields, name = self.challenge.fields, self.challenge.hash_name

        def hashed(text: str) -> str:
            return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

        realm, nonce = fields.get("realm", ""), fields["nonce"]
        secret = hashed(f"{self._user}:{realm}:{self._password}")
        if self.challenge.algorithm.endswith("-SESS"):
            secret = hashed(f"{secret}:{nonce}:{self._cnonce}")
        request = hashed(f"{method}:{uri}")
        parts = [f'username="{_quoted(self._user)}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
        if "auth" in [offer.strip() for offer in fields.get("qop", "").split(",")]:
            self._count += 1
            count = f"{self._count:08x}"
            response = hashed(f"{secret}:{nonce}:{count}:{self._cnonce}:auth:{request}")
            parts += [f"qop=auth, nc={count}", f'cnonce="{self._cnonce}"']
        else:
            response = hashed(f"{secret}:{nonce}:{request}")
            if self.challenge.algorithm.endswith("-SESS"):
                parts.append(f'cnonce="{self._cnonce}"')
        parts.append(f'response="{response}"')
        if "algorithm" in fields:
            parts.append(f"algorithm={fields['algorithm']}")
        if "opaque" in fields:
            parts.append(f'opaque="{fields["opaque"]}"')
        return "Digest " + ", ".join(parts)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
