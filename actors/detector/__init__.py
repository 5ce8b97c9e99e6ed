"""The detectors' actors: one process each, with its models.

One actor class (``actor``) serves every detector of ``models.detect``: it reads the ring, feeds the pure code at its
pace, and delivers what was found to the event log, in order, until it is stored; a uid makes repetition harmless. A
detector that is switched off has no process; one whose model is missing says so and keeps trying. When it dies, it
loses what the detector has learnt about the scene, and the visits in progress end. Not guaranteed: that every picture
is analysed. Rejected: one process for all detectors, because they shared each other's memory and crashes.
"""

import os

# ONNX Runtime ≥ 1.29 reports its use to its maker, with an id of the device, unless this is set before it is imported.
# This package is the only one that imports it, so nothing of it runs before this line.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
