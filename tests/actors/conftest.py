from pathlib import Path

import pytest

from config.boot import Boot


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    """A device with nothing on it yet."""
    for name in ("data", "run", "shm"):
        (tmp_path / name).mkdir()
    return Boot(data_dir=tmp_path / "data", run_dir=tmp_path / "run", shm_dir=tmp_path / "shm", log_level="warning")
