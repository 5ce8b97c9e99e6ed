"""Who this device is: an id made once, and the host's name."""

import re
import secrets
import socket
from pathlib import Path

from config.files import write_atomically

FILE_NAME = "device-id"
_FORM = re.compile(r"[0-9a-f]{32}")


def device_id(data_dir: Path) -> str:
    """32 hex digits that stay the same as long as the data directory does.

    Raises:
        OSError: the id can be neither read nor written.
    """
    path = data_dir / FILE_NAME
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        text = ""
    if _FORM.fullmatch(text):
        return text
    fresh = secrets.token_hex(16)
    write_atomically(path, f"{fresh}\n".encode())
    return fresh


def host_name() -> str:
    """The host's own name without its domain."""
    return socket.gethostname().partition(".")[0] or "ipcamera"
