"""The one name that an installation takes in site-packages: the folders of the repository lie in this package.

They go on importing each other as ``actors``, ``api``, ``config``, ``models`` and ``scripts``: ``main`` puts them in
front of everything else, in the program's own processes only. To import this package changes nothing.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """The ``ipcamera`` command."""
    installed = (HERE / "actors").is_dir()  # else this file is where the repository has it: scripts/wheel
    sys.path.insert(0, str(HERE if installed else HERE.parents[1]))
    from scripts.ipcamera.main import main as command

    command()
