"""``python -m ipcamera`` is ``ipcamera``."""

from . import main

main()
