"""From a model file to a function: find, verify, convert if necessary, and load into ONNX Runtime."""

import contextlib
import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from actors.detector import limits
from config.boot import Boot
from config.weights import store
from config.weights.catalogue import CATALOGUE, WeightsFile
from config.weights.store import REMEDY, WeightsError
from models.detect.detector import Run

ERRORS_ONLY = 3


@dataclass(frozen=True, slots=True)
class Engine:
    """What a model runs on. ``batches``: it should accept several inputs at once, along the first dimension."""

    threads: int = 1
    gpu: bool = False

    @property
    def batches(self) -> bool:
        return self.gpu  # a CPU runs them one by one as fast or faster, because its caches hold one

    @property
    def providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"] if self.gpu else ["CPUExecutionProvider"]


DEVICE = Engine()


def load(boot: Boot, model_id: str, beat: Callable[[], None], engine: Engine = DEVICE) -> Run:
    """Ready to run. ``beat`` is called while it takes long.

    Raises:
        WeightsError: why not, and what to do; retry later.
    """
    model = CATALOGUE[model_id]
    path = store.loadable(boot, model)
    if path is not None:
        try:
            return _open(path, model, engine)
        except WeightsError:
            if not model.converted:
                raise
    # Not converted yet, or what was converted is broken: (once more) from the download.
    return _open(_convert(boot, model, beat), model, engine)


def _open(path: Path, model: WeightsFile, engine: Engine) -> Run:
    options = onnxruntime.SessionOptions()
    # One thread, no spinning: the CPU is needed elsewhere, and idle threads must cost nothing.
    options.intra_op_num_threads = engine.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_mem_pattern = False  # 4 MB less, and no slower
    try:
        source: str | bytes = str(path)
        if engine.batches and not model.converted:
            from models.detect.batches import with_batches  # brings ONNX: a pool's business

            source = with_batches(path.read_bytes())
        session = onnxruntime.InferenceSession(source, options, providers=engine.providers)
    except Exception as error:
        raise WeightsError(
            f"The model {model.id} cannot be loaded ({str(error).splitlines()[0]:.120}): {REMEDY}"
        ) from error
    given = tuple(one.name for one in session.get_inputs())
    if not set(model.inputs) <= set(given):
        raise WeightsError(f"The model {model.id} is a different network (inputs {', '.join(given)}): {REMEDY}")

    give_back()

    def run(inputs: Mapping[str, NDArray[np.float32]]) -> Sequence[NDArray[np.float32]]:
        outputs: Any = session.run(None, dict(inputs))
        return list(outputs)

    return run


def give_back() -> None:
    """Return the memory used for reading the file to the system; glibc would keep it."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _convert(boot: Boot, model: WeightsFile, beat: Callable[[], None]) -> Path:
    source, target = store.downloaded(boot, model), store.store(boot) / model.loads
    command = [sys.executable, "-m", "config.weights.store", model.converter, str(source), str(target)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:  # noqa: S603
        deadline = time.monotonic() + limits.CONVERT_S
        while process.poll() is None:
            beat()
            if time.monotonic() > deadline:
                process.kill()
                raise WeightsError(f"The model {model.id} could not be converted in {limits.CONVERT_S:.0f} s")
            time.sleep(0.1)
        complaint = process.stderr.read().decode(errors="replace") if process.stderr else ""
    if process.returncode:
        last = complaint.strip().splitlines()[-1:] or ["no reason given"]
        raise WeightsError(f"The model {model.id} could not be converted ({last[0]:.160})")
    return target
