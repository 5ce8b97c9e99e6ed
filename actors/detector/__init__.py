"""The detectors' actors: one process each, models included.

One shell (``actor``) for every detector of ``models.detect``: it reads the ring, feeds the pure code at its pace, and
brings what was found to the event log, in order, until it is stored; a uid makes a repetition harmless. A detector that
is switched off has no process, one whose model is missing says so and goes on trying. A death loses what the detector
has learnt about the scene, and ends the visits it had begun. Not promised: that every picture is looked at. One process
for all detectors was given up: the memory and the crashes of one were those of all.
"""

import os

# ONNX Runtime ≥ 1.29 reports its use to its maker, with an id of the device, unless this is set before it is imported.
# This package is the only one that imports it, so nothing of it runs before this line.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
