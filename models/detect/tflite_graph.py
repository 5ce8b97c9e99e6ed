"""Reading a TFLite file: its operators and the numbers in it. Any file gives a graph or ``ValueError``."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import tflite
from numpy.typing import NDArray

T = TypeVar("T")
IDENTIFIER = b"TFL3"
DTYPES = {tflite.TensorType.FLOAT32: "<f4", tflite.TensorType.INT32: "<i4", tflite.TensorType.INT8: "i1"}


@dataclass(frozen=True, slots=True)
class Operator:
    """``code`` as in ``tflite.BuiltinOperator``; inputs and outputs are indices of tensors."""

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any  # the flatbuffers table of the operator's own options, or None


class Graph:
    """The first subgraph of a model."""

    def __init__(self, file: bytes) -> None:
        """Raises ValueError for what is not a TFLite file."""
        if file[4:8] != IDENTIFIER:
            raise ValueError("not a TFLite file")
        self._model = _reading(lambda: tflite.Model.GetRootAs(file, 0))
        self._graph = _reading(lambda: self._model.Subgraphs(0))
        self.operators: tuple[Operator, ...] = _reading(
            lambda: tuple(self._operator(index) for index in range(self._graph.OperatorsLength()))
        )

    def _operator(self, index: int) -> Operator:
        operator = self._graph.Operators(index)
        kind = self._model.OperatorCodes(operator.OpcodeIndex())
        code = max(kind.DeprecatedBuiltinCode(), kind.BuiltinCode())
        inputs, outputs = operator.InputsAsNumpy(), operator.OutputsAsNumpy()
        options = operator.BuiltinOptions()
        return Operator(code, tuple(int(i) for i in inputs), tuple(int(i) for i in outputs), options)

    def shape(self, tensor: int) -> tuple[int, ...]:
        return _reading(lambda: tuple(int(size) for size in self._graph.Tensors(tensor).ShapeAsNumpy()))

    def data(self, tensor: int) -> NDArray[Any]:
        """The constant, as stored: float32, int32, or quantised int8."""

        def read() -> NDArray[Any]:
            about = self._graph.Tensors(tensor)
            raw = self._model.Buffers(about.Buffer()).DataAsNumpy()
            return np.asarray(raw.view(DTYPES[about.Type()]).reshape(self.shape(tensor)))

        return _reading(read)

    def real(self, tensor: int, axis: int) -> NDArray[np.float32]:
        """A quantised constant as real numbers; ``axis`` is the one with a scale for each channel, if there are many.

        The zero points are 0: TFLite quantises weights and biases symmetrically.
        """

        def read() -> NDArray[np.float32]:
            scale = self._graph.Tensors(tensor).Quantization().ScaleAsNumpy().astype(np.float32)
            data = self.data(tensor)
            shape = [1] * data.ndim
            shape[axis] = -1 if scale.size > 1 else 1
            return np.asarray(data.astype(np.float32) * scale.reshape(shape))

        return _reading(read)


def _reading(read: Callable[[], T]) -> T:
    """flatbuffers checks nothing: a broken file shows as whatever error its numbers lead to."""
    try:
        return read()
    except (struct.error, IndexError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"broken TFLite file: {error}") from error


def options_of(operator: Operator, kind: Any) -> Any:
    """The operator's options as a table of ``kind`` (a class of ``tflite``)."""
    options = kind()
    options.Init(operator.options.Bytes, operator.options.Pos)
    return options
