"""How this program's commands are written so that they work as printed, in whatever shell reads them."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from config.paths import default_data_dir

NAME = "ipcamera"


def command(words: str, data_dir: Path | None = None) -> str:
    """``ipcamera WORDS``: by its bare name where the shell finds this very program, else by its path.

    ``data_dir``: of the instance that is meant, named where it is not the one that the command would take by itself.
    """
    program = Path(sys.prefix) / "bin" / NAME
    found = shutil.which(NAME)
    known = found is not None and program.exists() and Path(found).samefile(program)
    which = f" --data-dir {shlex.quote(str(data_dir))}" if data_dir not in (None, default_data_dir(os.environ)) else ""
    return f"{NAME if known else shlex.quote(str(program))} {words}{which}"
