"""``python -m scripts.ipcamera`` is ``ipcamera``."""

from scripts.ipcamera.main import main

main()
