"""Somebody else's reading of our description: schemathesis asks for everything in it, rightly and wrongly."""

import subprocess
import sys

import pytest

from tests.wire.server import RunningServer

pytestmark = pytest.mark.system

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Endless, or ends the session of the others, or says 503 by design (no torch, no USB camera, and clips are off).
LEFT_OUT = "^/(stream|video[.]mjpg|ws|auth/logout|auth/password|torch|api/mqtt/test|api/camera/controls|clips/record)$"


@pytest.mark.timeout(600)
def test_no_surprise(server: RunningServer) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--tls-verify=false"]
    command += ["--header", f"Authorization: Bearer {server.token}", "--checks", CHECKS, "--no-color"]
    command += ["--exclude-path-regex", LEFT_OUT, "--phases", "examples,coverage", "--max-examples", "5"]
    command += ["--request-timeout", "30", "--suppress-health-check", "all"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=590)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
