"""Parameters of an authentication header (RFC 9110 §11.2), as clients and servers of HTTP and RTSP write them."""

import re

# One parameter with the separators before it; only ever matched where the last one ended, so each byte is read once.
_PARAMETER = re.compile(r'[\s,;]*+([A-Za-z0-9_-]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s,;"]+))')
PARAMETERS_MAX = 16


def auth_params(text: str) -> dict[str, str]:
    """By lower-case name, what can be read from the beginning on: nothing behind the first thing that is none."""
    found: dict[str, str] = {}
    at = 0
    for _ in range(PARAMETERS_MAX):
        match = _PARAMETER.match(text, at)
        if match is None:
            break
        at, quoted = match.end(), match[2]
        found[match[1].lower()] = match[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return found
