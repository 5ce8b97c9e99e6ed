"""The id of this device: it never changes, and reveals nothing about it."""

import hashlib
import hmac
import secrets
from pathlib import Path

from config.files import write_atomically

FILE = "device-id"
MACHINE_ID = Path("/etc/machine-id")  # machine-id(5): must never be shown to the network as it is
LENGTH = 32


def device_id(data_dir: Path, machine_id: Path = MACHINE_ID) -> str:
    """32 hex digits, from the machine's own id; from a file in ``data_dir`` where the machine has none (containers).

    Raises:
        OSError: the file is needed and cannot be written.
    """
    machine = _text(machine_id)
    if len(machine) == LENGTH:
        return hmac.new(machine.encode(), b"ipcamera device", hashlib.sha256).hexdigest()[:LENGTH]
    path = data_dir / FILE
    stored = _text(path)
    if len(stored) != LENGTH:
        stored = secrets.token_hex(LENGTH // 2)
        write_atomically(path, f"{stored}\n".encode())
    return stored


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
