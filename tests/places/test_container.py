"""The program where much of what Linux usually has is missing: see ``root.sh``. Its clients notice nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent / "root.sh"
UNSHARE = ("unshare", "--mount", "--net", "--propagation", "private")
CORE = (
    "tests/wire/test_live.py",
    "tests/wire/test_settings.py::test_every_documented_key_is_there_and_errors_are_the_documents",
    "tests/wire/test_settings.py::test_status_health_and_the_table_agree",
    "tests/wire/test_settings.py::test_the_doctor_knows_the_running_system",
)


def _refusal() -> str:
    try:
        tried = subprocess.run([*UNSHARE, str(ROOT), "true"], capture_output=True, text=True, timeout=30)
    except FileNotFoundError:
        return "there is no unshare"
    return tried.stderr.strip()


@pytest.mark.system
@pytest.mark.timeout(400)
def test_the_core_of_the_wire_tests_passes() -> None:
    if refusal := _refusal():
        pytest.skip(f"such a root cannot be made here: {refusal}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not ten_seconds", *CORE]
    run = subprocess.run([*UNSHARE, str(ROOT), *command], capture_output=True, text=True, timeout=380)
    assert run.returncode == 0, run.stdout[-4000:]
    assert " passed" in run.stdout
