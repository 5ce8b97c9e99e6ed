"""Numbers in received headers."""

DIGITS_MAX = 9  # Python refuses to read what is very long, and takes digits of all scripts for such


def whole(text: str, otherwise: int = -1) -> int:
    """The number that ``text`` is; ``otherwise`` for what is none, or none that could be meant."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else otherwise
