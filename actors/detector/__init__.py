"""The detectors' actors: one process each, models included."""

import os

# ONNX Runtime ≥ 1.29 reports its use to its maker, with an id of the device, unless this is set before it is imported.
# This package is the only one that imports it, so nothing of it runs before this line.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
