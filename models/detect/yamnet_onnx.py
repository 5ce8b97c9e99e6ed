"""YAMNet from TFLite (int8 weights) to ONNX (float32), so that one inference library is enough.

The spectrum becomes a strided convolution with the windowed Fourier basis; the 27 convolutions, the mean and the last
layer are taken over with their weights multiplied out. Input ``waveform`` (N, 15600) −1…1 at 16 kHz; outputs ``scores``
(N, 521) and ``embedding`` (N, 1024).

Source: Howard et al. 2017, arXiv:1704.04861 (the network); the file's own constants for window and mel bands.
"""

from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper

from models.detect.sound_classifier import YAMNET_CLASSES as CLASSES
from models.detect.sound_classifier import YAMNET_WINDOW as WINDOW
from models.detect.tflite_graph import Graph, Operator, options_of

FRAME, STEP, FFT = 400, 160, 512  # samples: 25 ms windows each 10 ms
BINS, BANDS, FRAMES = FFT // 2 + 1, 64, 96
LAYERS = 27
EMBEDDING = 1024
OPSET, IR_VERSION = 18, 9
Op = tflite.BuiltinOperator


def convert(file: bytes) -> bytes:
    """The ONNX model. Raises ValueError for a file that is not this network."""
    graph = Graph(file)
    builder = _Builder()
    operators = graph.operators
    try:
        window = graph.data(next(o for o in operators if o.code == Op.MUL).inputs[1])
        mel = next(o for o in operators if o.code == Op.FULLY_CONNECTED)
    except StopIteration:
        raise ValueError("not YAMNet: no spectrum") from None
    builder.spectrum(window, graph.data(mel.inputs[1]), graph.data(mel.inputs[2]))
    for operator in operators:
        if operator.code in (Op.CONV_2D, Op.DEPTHWISE_CONV_2D):
            builder.layer(graph, operator)
    if builder.layers != LAYERS:
        raise ValueError(f"not YAMNet: {builder.layers} layers instead of {LAYERS}")
    last = [o for o in operators if o.code == Op.FULLY_CONNECTED][-1]
    builder.head(graph.real(last.inputs[1], 0), graph.real(last.inputs[2], 0))
    return builder.model()


class _Builder:
    def __init__(self) -> None:
        self.layers = 0
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._now = "waveform"
        self._height, self._width = FRAMES, BANDS

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _add(self, operator: str, inputs: list[str], outputs: list[str], **attributes: Any) -> str:
        self._nodes.append(helper.make_node(operator, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    def spectrum(self, window: NDArray[Any], mel: NDArray[Any], offset: NDArray[Any]) -> None:
        """Waveform → (N, 1, 96, 64) logarithms of mel bands."""
        if window.shape != (FRAME,) or mel.shape != (BANDS, BINS) or offset.shape != (BANDS,):
            raise ValueError("not YAMNet: another spectrum")
        angle = (np.outer(np.arange(FRAME), np.arange(BINS)) % FFT) * (-2 * np.pi / FFT)
        basis = np.concatenate([np.cos(angle), np.sin(angle)], 1) * window.astype(np.float64)[:, None]
        # Rounded, so that every platform's cosine gives the same file.
        fourier = np.round(basis, 9).astype(np.float32).T.reshape(2 * BINS, 1, FRAME)
        axis = self._constant("axis", np.array([1], np.int64))
        self._add("Unsqueeze", ["waveform", axis], ["channel"])
        taps = self._constant("fourier", fourier)
        self._add("Conv", ["channel", taps], ["parts"], kernel_shape=[FRAME], strides=[STEP])
        halves = self._constant("halves", np.array([BINS, BINS], np.int64))
        self._add("Split", ["parts", halves], ["real", "imaginary"], axis=1)
        self._add("Mul", ["real", "real"], ["real_squared"])
        self._add("Mul", ["imaginary", "imaginary"], ["imaginary_squared"])
        self._add("Add", ["real_squared", "imaginary_squared"], ["power"])
        self._add("Sqrt", ["power"], ["magnitude"])
        self._add("Transpose", ["magnitude"], ["frames"], perm=[0, 2, 1])
        self._add("MatMul", ["frames", self._constant("mel", mel.T.astype(np.float32))], ["bands"])
        self._add("Add", ["bands", self._constant("mel_offset", offset.astype(np.float32))], ["above_zero"])
        self._add("Log", ["above_zero"], ["log_mel"])
        self._now = self._add("Unsqueeze", ["log_mel", axis], ["spectrogram"])

    def layer(self, graph: Graph, operator: Operator) -> None:
        """One convolution with TFLite's SAME padding, and its clipping to 0–6."""
        depthwise = operator.code == Op.DEPTHWISE_CONV_2D
        kind = tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions
        options = options_of(operator, kind)
        relu6 = options.FusedActivationFunction() == tflite.ActivationFunctionType.RELU6
        if options.Padding() != tflite.Padding.SAME or not relu6:
            raise ValueError("not YAMNet: another kind of layer")
        # TFLite keeps (1, h, w, channels) for depthwise, (out, h, w, in) otherwise; ONNX wants (out, in / group, h, w).
        weights = graph.real(operator.inputs[1], 3 if depthwise else 0)
        weights = weights.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        name = f"layer{self.layers}"
        kernel, stride = weights.shape[2:], (options.StrideH(), options.StrideW())
        top, bottom, self._height = _same(self._height, kernel[0], stride[0])
        left, right, self._width = _same(self._width, kernel[1], stride[1])
        inputs = [
            self._now,
            self._constant(f"{name}_weights", weights),
            self._constant(f"{name}_bias", graph.real(operator.inputs[2], 0)),
        ]
        self._add(
            "Conv",
            inputs,
            [name],
            group=weights.shape[0] if depthwise else 1,
            kernel_shape=list(kernel),
            pads=[top, left, bottom, right],
            strides=list(stride),
        )
        if not self.layers:
            self._constant("zero", np.zeros((), np.float32))
            self._constant("six", np.full((), 6, np.float32))
        self._now = self._add("Clip", [name, "zero", "six"], [f"{name}_clipped"])
        self.layers += 1

    def head(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        if weights.shape != (CLASSES, EMBEDDING) or bias.shape != (CLASSES,):
            raise ValueError("not YAMNet: another last layer")
        place = self._constant("place", np.array([2, 3], np.int64))
        self._add("ReduceMean", [self._now, place], ["embedding"], keepdims=0)
        self._add("MatMul", ["embedding", self._constant("class_weights", weights.T)], ["sums"])
        self._add("Add", ["sums", self._constant("class_bias", bias)], ["logits"])
        self._add("Sigmoid", ["logits"], ["scores"])

    def model(self) -> bytes:
        def tensor(name: str, size: int) -> Any:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", size])

        outputs = [tensor("scores", CLASSES), tensor("embedding", EMBEDDING)]
        graph = helper.make_graph(self._nodes, "yamnet", [tensor("waveform", WINDOW)], outputs, self._constants)
        imports = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, producer_name="ipcamera", opset_imports=imports, ir_version=IR_VERSION)
        checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


def _same(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Padding before and after, and the size of the result; the odd pixel goes after (TensorFlow's SAME)."""
    result = -(-size // stride)
    padding = max((result - 1) * stride + kernel - size, 0)
    return padding // 2, padding - padding // 2, result
