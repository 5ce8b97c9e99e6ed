"""Keeps secrets out of what is logged or shown, wherever in a value they hide.

Values come from outside as often as not, so the work is bounded: they are cut before they are searched, and no
expression reads the same characters more than a fixed number of times (each run of characters has one place where a
match can begin).
"""

import re
from collections.abc import Mapping

MASK = "***"
TEXT_MAX = 16 * 1024  # characters of one value; a traceback is longer only where a message in it is
ITEMS_MAX = 100  # of one container
DEPTH_MAX = 8  # of containers in containers
_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)?$|token$|secret|authorization|cookie|csrf|api_?key$|license_?key$", re.I
)
_IN_TEXT = (
    (re.compile(r"://[^\s/'\"]+@"), f"://{MASK}@"),  # scheme://user:password@host
    (re.compile(r"\b(Bearer|Basic|Digest)\s+(?!realm)[A-Za-z0-9+/=._~-]{6,}", re.I), rf"\1 {MASK}"),
    (
        re.compile(
            r"""(?<![a-z_-])([a-z_-]*(?:token|password|passwd|secret|authorization|set-cookie|cookie|csrf)["']?\s*[=:]\s*["']?)"""
            r"""(?!\*\*\*|(?:Bearer|Basic|Digest)\s)[^\s&"',;}\)]+""",
            re.I,
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(session(?:_\d+)?=)[^\s;,\"']+", re.I), rf"\1{MASK}"),
)


def redact_text(text: str) -> str:
    """The text without the values of tokens, passwords, cookies and the credentials of URLs."""
    text = _cut(text)
    for pattern, replacement in _IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


def redact(key: str, value: object, depth: int = 0) -> object:
    """The value as it may be seen; a container is looked through."""
    if _SECRET_KEY.search(key[:TEXT_MAX]) and not isinstance(value, bool | type(None)):
        return MASK
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, int | float | None):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset) and depth < DEPTH_MAX:
        return _redact_items(value, depth + 1)
    return redact_text(str(value) if isinstance(value, BaseException) else repr(value))


def _redact_items(value: object, depth: int) -> object:
    if isinstance(value, Mapping):
        pairs = zip(range(ITEMS_MAX), value.items(), strict=False)
        return {redact_text(str(name)): redact(str(name), inner, depth) for _, (name, inner) in pairs}
    assert isinstance(value, list | tuple | set | frozenset)
    return [redact("", inner, depth) for _, inner in zip(range(ITEMS_MAX), value, strict=False)]


def _cut(text: str) -> str:
    """At most about ``TEXT_MAX`` characters: the first, and the last whole lines (a traceback ends with its cause).

    A cut ends at white space, so that no half of a secret is left behind without the word that gives it away.
    """
    if len(text) <= TEXT_MAX:
        return text
    head, tail = text[: TEXT_MAX // 2], text[-TEXT_MAX // 2 :].partition("\n")[2]
    return f"{head}… ({len(text) - len(head) - len(tail)} characters left out)\n{tail}".rstrip("\n")
