"""What the doctor says of one thing."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CheckResult:
    """``mark``: ok, note (works, but look), bad (does not work). ``remedy``: what to do, "" if nothing."""

    mark: Literal["ok", "note", "bad"]
    what: str
    text: str
    remedy: str = ""
