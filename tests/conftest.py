"""What holds for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as actors.detector does, for tests that use ONNX Runtime by themselves

# A busy machine is slow now and then: time is no property of pure code.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

UNIT_FOLDERS = ("models", "config", "api", "house")
LONG = ("system", "chaos", "browser", "slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """``unit``: what runs before every commit; ``scripts/test`` runs the others after it."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in UNIT_FOLDERS and not any(item.get_closest_marker(name) for name in LONG):
            item.add_marker("unit")
