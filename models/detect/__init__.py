"""Detectors: pure code from samples to findings. A new one is a file here and a line below."""

from importlib import import_module

from models.detect.detector import AnyDetector, registry

DETECTORS = registry(
    "motion=models.detect.motion.Motion",
    "sound=models.detect.sound.SoundLevel",
    "sound_classifier=models.detect.yamnet.SoundClassifier",
    "object_detector=models.detect.objects.ObjectDetector",
)


def detector(name: str) -> type[AnyDetector]:
    """The class of a registered detector. Raises KeyError for a name that is not in ``DETECTORS``."""
    module, _, attribute = DETECTORS[name].rpartition(".")
    found: type[AnyDetector] = getattr(import_module(module), attribute)
    return found
