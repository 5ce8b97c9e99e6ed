"""Reading a PyTorch checkpoint (a zip archive with a pickled state dict) without PyTorch.

The pickle is read by an unpickler that knows the three names a state dict of float and integer tensors needs and
refuses every other, so that a file cannot run code.
"""

import io
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

MEMBER_MAX = 64 * 1024 * 1024  # bytes of one member: no checkpoint that is read here has a larger tensor
STORAGES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Unpickler(pickle.Unpickler):
    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(io.BytesIO(_member(archive, f"{root}/data.pkl")))
        self._archive = archive
        self._root = root

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a state dict")

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        kind, dtype, key, *_ = pid
        if kind != "storage" or dtype not in STORAGES.values():
            raise pickle.UnpicklingError("an unknown kind of storage")
        return np.frombuffer(_member(self._archive, f"{self._root}/data/{key}"), dtype)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MEMBER_MAX:
        raise ValueError(f"{name} is too large")
    return archive.read(name)


def _tensor(
    storage: NDArray[Any], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_rest: Any
) -> NDArray[Any]:
    tensor = storage[offset : offset + int(np.prod(size))].reshape(size)
    if tuple(step // tensor.itemsize for step in tensor.strides) != tuple(stride):
        raise ValueError("a tensor that is not contiguous")
    return tensor


def state_dict(file: bytes) -> dict[str, NDArray[Any]]:
    """Every tensor of the checkpoint by name. Raises ValueError for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            root = next(name.partition("/")[0] for name in archive.namelist() if name.endswith("/data.pkl"))
            found = _Unpickler(archive, root).load()
    except (zipfile.BadZipFile, pickle.UnpicklingError, StopIteration) as error:
        raise ValueError(f"not a PyTorch checkpoint: {error}") from error
    except (KeyError, IndexError, TypeError, EOFError, AttributeError, NotImplementedError, OverflowError) as error:
        raise ValueError(f"broken PyTorch checkpoint: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(value, np.ndarray) for value in found.values()):
        raise ValueError("not a state dict")
    return dict(found)
