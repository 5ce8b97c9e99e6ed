"""Detectors: pure code from samples to findings. A new one is a file here and a line in ``models.event_kinds``.

Classes are named, not imported: neither the supervisor, which reads this table, nor the process that listens to sound
pays for OpenCV.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from models.event_kinds import OWN

if TYPE_CHECKING:
    from models.detect.detector import AnyDetector

DETECTORS = {
    "motion": "models.detect.motion:Motion",
    "sound": "models.detect.sound:SoundLevel",
    "sound_classifier": "models.detect.sound_classifier:SoundClassifier",
    "object_detector": "models.detect.objects:ObjectDetector",
    **{kind.key: kind.detector for kind in OWN},
}


def detector_class(name: str) -> "type[AnyDetector]":
    """The class of a registered detector. Raises KeyError for a name that is not in ``DETECTORS``."""
    module, _, attribute = DETECTORS[name].partition(":")
    found: type[AnyDetector] = getattr(import_module(module), attribute)
    return found
