"""What the documents print: their blocks, the command lines in them, and links."""

import re
import shlex
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SHELLS = ("bash", "sh")


@dataclass(frozen=True)
class Block:
    document: str  # its file's name
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def prose(path: Path) -> str:
    """The text without its blocks."""
    return BLOCK.sub("", path.read_text(encoding="utf-8"))


def blocks(*languages: str) -> Iterator[Block]:
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            if found[2] in languages:
                line = text.count("\n", 0, found.start()) + 2
                yield Block(path.name, line, found[2], textwrap.dedent(found[3]))


def commands(block: Block) -> list[str]:
    """The commands of a block, each with its continuation lines."""
    found: list[str] = []
    pending = ""
    for line in block.text.splitlines():
        pending = f"{pending}\n{line}" if pending else line
        if not is_whole(pending):
            continue
        if pending.strip() and not pending.lstrip().startswith("#"):
            found.append(pending)
        pending = ""
    assert not pending, f"{block}: bash does not understand {pending!r}"
    return found


def is_whole(text: str) -> bool:
    return not text.endswith("\\") and subprocess.run(["bash", "-n", "-c", text], capture_output=True).returncode == 0


def words(command: str) -> list[str]:
    """As the shell would split it, without its comment."""
    return shlex.split(command, comments=True)
