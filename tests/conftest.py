"""What holds for every test."""

import os

from hypothesis import HealthCheck, settings

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as actors.detector does, for tests that use ONNX Runtime by themselves

# A busy machine is slow now and then: time is no property of pure code.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")
