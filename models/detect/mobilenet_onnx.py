"""EfficientAT's mn04 (a MobileNetV3-Large for sound) from its PyTorch checkpoint to ONNX.

Batch normalisation is folded into the convolutions. Input ``mel`` (N, 1, 128, frames), normalised logarithms of mel
bands as ``models.detect.log_mel`` makes them; output ``logits`` (N, 527), AudioSet's classes in its own order.

Source: Howard et al. 2019, arXiv:1905.02244, table 1 (the network); Schmid et al. 2023, arXiv:2211.04772 (one input
channel, sigmoid squeeze-and-excitation, the head).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper

from models.detect.log_mel import BANDS
from models.detect.pytorch_archive import state_dict
from models.detect.sound_classifier import MN04_CLASSES as CLASSES

EPSILON = 1e-3  # of the batch normalisation
OPSET, IR_VERSION = 18, 9


@dataclass(frozen=True, slots=True)
class Block:
    """An inverted residual: depthwise kernel and stride; squeeze-and-excitation; Hardswish instead of ReLU."""

    kernel: int
    stride: int
    squeeze: bool
    hard: bool


BLOCKS = (
    Block(3, 1, squeeze=False, hard=False),
    Block(3, 2, squeeze=False, hard=False),
    Block(3, 1, squeeze=False, hard=False),
    Block(5, 2, squeeze=True, hard=False),
    Block(5, 1, squeeze=True, hard=False),
    Block(5, 1, squeeze=True, hard=False),
    Block(3, 2, squeeze=False, hard=True),
    *(Block(3, 1, squeeze=False, hard=True),) * 3,
    *(Block(3, 1, squeeze=True, hard=True),) * 2,
    Block(5, 2, squeeze=True, hard=True),
    *(Block(5, 1, squeeze=True, hard=True),) * 2,
)


def convert(file: bytes) -> bytes:
    """The ONNX model. Raises ValueError for a file that is not this network."""
    builder = _Builder(state_dict(file))
    try:
        builder.convolution("features.0", stride=2, activation="HardSwish")
        for number, block in enumerate(BLOCKS, 1):
            builder.block(f"features.{number}.block", block)
        builder.convolution(f"features.{len(BLOCKS) + 1}", activation="HardSwish")
        builder.head()
    except KeyError as error:
        raise ValueError(f"not mn04: {error} is missing") from error
    return builder.model()


class _Builder:
    def __init__(self, weights: dict[str, NDArray[Any]]) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._now = "mel"
        self._channels = 1

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def convolution(self, name: str, stride: int = 1, activation: str = "") -> None:
        """``name.0`` is the convolution, ``name.1`` its batch normalisation."""
        kernels = self._weights[f"{name}.0.weight"]
        out, inputs, side, _ = kernels.shape
        depthwise = inputs == 1 and self._channels > 1
        if not depthwise and inputs != self._channels:
            raise ValueError(f"not mn04: {name} has {inputs} inputs instead of {self._channels}")
        scale = self._weights[f"{name}.1.weight"] / np.sqrt(self._weights[f"{name}.1.running_var"] + EPSILON)
        bias = self._weights[f"{name}.1.bias"] - self._weights[f"{name}.1.running_mean"] * scale
        self._now = self._add(
            "Conv",
            [
                self._now,
                self._constant(f"{name}.weight", (kernels * scale[:, None, None, None]).astype(np.float32)),
                self._constant(f"{name}.bias", bias.astype(np.float32)),
            ],
            name,
            group=out if depthwise else 1,
            kernel_shape=[side, side],
            pads=[side // 2] * 4,
            strides=[stride, stride],
        )
        self._channels = out
        if activation:
            self._now = self._add(activation, [self._now], f"{name}.activation")

    def block(self, name: str, block: Block) -> None:
        before, channels = self._now, self._channels
        activation = "HardSwish" if block.hard else "Relu"
        part = 0
        if self._weights[f"{name}.0.0.weight"].shape[-1] == 1:  # it expands first; the first block does not
            self.convolution(f"{name}.{part}", activation=activation)
            part += 1
        self.convolution(f"{name}.{part}", block.stride, activation)
        part += 1
        if block.squeeze:
            self._squeeze(f"{name}.{part}.conc_se_layers.0")
            part += 1
        self.convolution(f"{name}.{part}")
        if block.stride == 1 and channels == self._channels:
            self._now = self._add("Add", [before, self._now], f"{name}.sum")

    def _squeeze(self, name: str) -> None:
        """Squeeze-and-excitation over the channels; its two linear layers as 1 × 1 convolutions."""
        scale = self._add("GlobalAveragePool", [self._now], f"{name}.mean")
        for layer, activation in (("fc1", "Relu"), ("fc2", "Sigmoid")):
            weights = self._weights[f"{name}.{layer}.weight"][..., None, None]
            inputs = [
                scale,
                self._constant(f"{name}.{layer}.weight", weights),
                self._constant(f"{name}.{layer}.bias", self._weights[f"{name}.{layer}.bias"]),
            ]
            scale = self._add("Conv", inputs, f"{name}.{layer}", kernel_shape=[1, 1])
            scale = self._add(activation, [scale], f"{name}.{layer}.activation")
        self._now = self._add("Mul", [self._now, scale], name)

    def head(self) -> None:
        place = self._constant("place", np.array([2, 3], np.int64))
        self._now = self._add("ReduceMean", [self._now, place], "embedding", keepdims=0)
        self._linear("classifier.2", "hidden")
        self._now = self._add("HardSwish", [self._now], "hidden.activation")
        if self._weights["classifier.5.weight"].shape[0] != CLASSES:
            raise ValueError("not mn04: another number of classes")
        self._linear("classifier.5", "logits")

    def _linear(self, name: str, output: str) -> None:
        inputs = [
            self._now,
            self._constant(f"{name}.weight", self._weights[f"{name}.weight"]),
            self._constant(f"{name}.bias", self._weights[f"{name}.bias"]),
        ]
        self._now = self._add("Gemm", inputs, output, transB=1)

    def model(self) -> bytes:
        mel = helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["N", 1, BANDS, "frames"])
        logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", CLASSES])
        graph = helper.make_graph(self._nodes, "mn04", [mel], [logits], self._constants)
        imports = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, producer_name="ipcamera", opset_imports=imports, ir_version=IR_VERSION)
        checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))
