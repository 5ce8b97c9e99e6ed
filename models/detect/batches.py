"""Converts a network for single pictures to batches, which a GPU needs to be efficient.

Exports of YOLOX and PicoDet have the 1 of their batch written into inputs, outputs and reshapes; nothing else of them
depends on it. ``tests/models/detect/test_batches.py`` compares both.
"""

import onnx
from onnx import numpy_helper

COPY = 0  # in a Reshape's shape: as many as the input has (ONNX operators, Reshape, allowzero=0)


def with_batches(model: bytes) -> bytes:
    """The same network with a first dimension of any size."""
    loaded = onnx.load_from_string(model)
    graph = loaded.graph
    constants = {one.name: one for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = node.attribute[0].t
    weights = {one.name for one in graph.initializer}
    for edge in (*(one for one in graph.input if one.name not in weights), *graph.output):
        if edge.type.tensor_type.shape.dim:
            edge.type.tensor_type.shape.dim[0].dim_param = "batch"
    del graph.value_info[:]
    for node in graph.node:
        shape = constants.get(node.input[1]) if node.op_type == "Reshape" else None
        if shape is not None and (sizes := numpy_helper.to_array(shape).copy()).size and sizes[0] == 1:
            sizes[0] = COPY
            shape.CopyFrom(numpy_helper.from_array(sizes, shape.name))
    made: bytes = loaded.SerializeToString()
    return made
