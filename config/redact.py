"""Keeps secrets out of what is logged or shown, wherever in a value they hide."""

import re
from collections.abc import Mapping

MASK = "***"
_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)?$|token$|secret|authorization|cookie|csrf|api_?key$|license_?key$", re.I
)
_IN_TEXT = (
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@'\"]+@", re.I), rf"\1{MASK}@"),  # scheme://user:password@host
    (re.compile(r"\b(Bearer|Basic|Digest)\s+(?!realm)[A-Za-z0-9+/=._~-]{6,}", re.I), rf"\1 {MASK}"),
    (
        re.compile(
            r"""(["']?\b[a-z_-]*(?:token|password|passwd|secret|authorization|set-cookie|cookie|csrf)["']?\s*[=:]\s*["']?)"""
            r"""(?!\*\*\*|(?:Bearer|Basic|Digest)\s)[^\s&"',;}\)]+""",
            re.I,
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(session=)[^\s;,\"']+", re.I), rf"\1{MASK}"),
)


def redact_text(text: str) -> str:
    """The text without the values of tokens, passwords, cookies and the credentials of URLs."""
    for pattern, replacement in _IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


def redact(key: str, value: object) -> object:
    """The value as it may be seen; a container is looked through."""
    if _SECRET_KEY.search(key) and not isinstance(value, bool | type(None)):
        return MASK
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {name: redact(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact("", inner) for inner in value]
    if isinstance(value, int | float | None):
        return value
    return redact_text(str(value) if isinstance(value, BaseException) else repr(value))
