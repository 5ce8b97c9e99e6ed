"""Checks of text and voice names for speech output."""

import re
import unicodedata

TEXT_MAX = 500  # characters
SPEAK_EVERY_S = 5.0
_VOICE = re.compile(r"[A-Za-z][A-Za-z0-9+-]{0,31}")


def clean(text: str) -> str:
    """Without control and private characters, white space made single, at most 500 characters."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    kept = "".join(c for c in kept if unicodedata.category(c) not in ("Cs", "Co", "Cn", "Cf"))
    return " ".join(kept.split())[:TEXT_MAX]


def is_voice(name: str) -> bool:
    """Whether this can be the name of a voice ("en", "en-us", "de+f2")."""
    return bool(_VOICE.fullmatch(name))
