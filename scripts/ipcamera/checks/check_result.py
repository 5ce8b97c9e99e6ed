"""The result of one check."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CheckResult:
    """``mark``: ok, note (works, with a remark), bad (does not work). ``remedy``: what to do, "" if nothing."""

    mark: Literal["ok", "note", "bad"]
    what: str
    text: str
    remedy: str = ""
