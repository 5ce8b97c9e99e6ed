"""Formats this program's commands so that they work as printed."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from config.places import default_data_dir

NAME = "ipcamera"


def command(words: str, data_dir: Path | None = None) -> str:
    """``ipcamera WORDS``: with its bare name if the shell finds this program, otherwise with its path.

    ``data_dir``: of the instance, added if the command would not use it by default.
    """
    program = Path(sys.prefix) / "bin" / NAME
    found = shutil.which(NAME)
    known = found is not None and program.exists() and Path(found).samefile(program)
    which = f" --data-dir {shlex.quote(str(data_dir))}" if data_dir not in (None, default_data_dir(os.environ)) else ""
    return f"{NAME if known else shlex.quote(str(program))} {words}{which}"
