"""The secret with which this device makes an invitation to a pool its own: shown with the token, bound at first use."""

import os
import secrets
from pathlib import Path

FILE = "pool.key"
BYTES = 32


def ensure(data_dir: Path) -> str:
    """Created at the first call. Raises OSError."""
    path = data_dir / FILE
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        made = path.with_name(f".{FILE}.{os.getpid()}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(BYTES))
            os.fsync(file.fileno())
        try:
            os.link(made, path)
        except FileExistsError:
            return path.read_text().strip()
        finally:
            made.unlink()
        return path.read_text().strip()
