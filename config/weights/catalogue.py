"""The models that detectors need: the source, checksum and licence of each.

Models are never part of the program: they are downloaded once, verified, and stored in the data directory.
"""

from dataclasses import dataclass

_RAW = "https://raw.githubusercontent.com"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One download, and what the program loads: the file itself, or what is converted from it."""

    id: str
    role: str
    file: str
    bytes: int
    sha256: str
    urls: tuple[str, ...]  # pinned to a commit; the next is tried when one fails
    licence: str
    loads: str  # name of the file that is loaded
    inputs: tuple[str, ...]  # that the loaded network must have
    converter: str = ""  # module whose ``convert`` makes what is loaded from what was downloaded

    @property
    def converted(self) -> bool:
        return bool(self.converter)


YAMNET = WeightsFile(
    id="yamnet",
    role="dog bark",
    file="yamnet_audio_classifier_with_metadata.tflite",
    bytes=4_126_810,
    sha256="10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de",
    urls=(
        f"{_RAW}/tensorflow/tflite-support/dd3362ea685bb7ab1f7268c81ec567d3b720ae57/"
        "tensorflow_lite_support/cc/test/testdata/task/audio/yamnet_audio_classifier_with_metadata.tflite",
        "https://storage.googleapis.com/mediapipe-assets/"
        "yamnet_audio_classifier_with_metadata.tflite?generation=1661875980774466",
    ),
    licence="Apache-2.0, Copyright Google / The TensorFlow Authors; trained on AudioSet",
    loads="yamnet_f32.onnx",
    inputs=("waveform",),
    converter="models.detect.yamnet_onnx",
)
MN04 = WeightsFile(
    id="mn04_as",
    role="baby cry, and dog bark together with yamnet",
    file="mn04_as_mAP_432.pt",
    bytes=4_066_513,
    sha256="899a8c6217063f6941793102a2780b3dd788ab11fce468d9cf5f0577c453321c",
    urls=(
        "https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1/mn04_as_mAP_432.pt",
        f"{_RAW}/nikih94/swch-audio-classification/fa2b7db00da5ad5ab262d9c3adb3f2f365c27613/resources/mn04_as_mAP_432.pt",
    ),
    licence="MIT, Copyright Florian Schmid (EfficientAT); trained on AudioSet",
    loads="mn04_as.onnx",
    inputs=("mel",),
    converter="models.detect.mobilenet_onnx",
)
YOLOX_NANO = WeightsFile(
    id="yolox_nano",
    role="person and dog, the default",
    file="yolox_nano.onnx",
    bytes=3_660_092,
    sha256="695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
    urls=(
        f"{_RAW}/Kazuhito00/YOLOX-ONNX-TFLite-Sample/3d4f1119d0694200671c08069ecb847aa0d8495a/model/yolox_nano.onnx",
    ),
    licence="Apache-2.0, Copyright Megvii Inc.; ONNX export by Kazuhito Takahashi, Apache-2.0; trained on COCO",
    loads="yolox_nano.onnx",
    inputs=("images",),
)
PICODET_S_416 = WeightsFile(
    id="picodet_s_416",
    role="person and dog, better on dogs",
    file="picodet_s_416_coco.onnx",
    bytes=4_040_573,
    sha256="cdab77bdde16e4f76bec734c4e5791801d1739e4c7ec1995e0e110e04300d0c2",
    urls=(
        f"{_RAW}/hpc203/picodet-onnxruntime/dfe4d6cd0a18cd4126ee381e81df8a0b1e6ad97b/coco/picodet_s_416_coco.onnx",
        "https://paddledet.bj.bcebos.com/deploy/third_engine/picodet_s_416_coco.onnx",
    ),
    licence="Apache-2.0, Copyright PaddlePaddle Authors (PaddleDetection); trained on COCO",
    loads="picodet_s_416_coco.onnx",
    inputs=("image",),
)
CATALOGUE = {model.id: model for model in (YAMNET, MN04, YOLOX_NANO, PICODET_S_416)}


def defaults(object_model: str) -> tuple[WeightsFile, ...]:
    """What a device needs for all its detectors. Raises KeyError for an object model that is not in the catalogue."""
    return YAMNET, MN04, CATALOGUE[object_model]
