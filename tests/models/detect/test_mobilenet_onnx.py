"""mn04's checkpoint: read without PyTorch, converted, and a plain no for every other file."""

import hashlib
import io
import pickle
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.weights.catalogue import MN04
from models.detect.log_mel import BANDS, log_mel
from models.detect.mobilenet_onnx import convert
from models.detect.pytorch_archive import state_dict
from models.detect.sound_classifier import MN04_CLASSES, MN04_FRAMES, MN04_WINDOW
from tests.models.detect.samples import session, weights


@pytest.fixture(scope="module")
def file() -> bytes:
    return weights(MN04.file).read_bytes()


@pytest.fixture(scope="module")
def converted(file: bytes) -> bytes:
    return convert(file)


def archive(pickled: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        zipped.writestr("archive/data.pkl", pickled)
    return made.getvalue()


def test_the_file_is_the_pinned_one(file: bytes) -> None:
    assert (len(file), hashlib.sha256(file).hexdigest()) == (MN04.bytes, MN04.sha256)


def test_the_same_file_gives_the_same_model(file: bytes, converted: bytes) -> None:
    assert convert(file) == converted


def test_it_names_what_it_hears(converted: bytes) -> None:
    run = session(converted)
    noise = np.random.default_rng(0).normal(0, 0.1, MN04_WINDOW).astype(np.float32)
    time = np.arange(MN04_WINDOW) / 16_000
    beep = (0.3 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    heard = run({"mel": np.stack([log_mel(wave)[None] for wave in (noise, beep)])})[0]
    assert heard.shape == (2, MN04_CLASSES)
    static, pink, white = 515, 522, 521  # of AudioSet's classes
    beep_bleep, sine = 481, 495
    assert heard[0].argmax() in (static, pink, white)
    assert heard[1].argmax() in (beep_bleep, sine)


def test_bands_follow_the_pitch() -> None:
    time = np.arange(MN04_WINDOW) / 16_000
    loudest = [
        log_mel(np.sin(2 * np.pi * hertz * time).astype(np.float32)).mean(1).argmax() for hertz in (200, 1000, 6000)
    ]
    assert loudest == sorted(set(loudest))
    assert log_mel(np.zeros(MN04_WINDOW, np.float32)).shape == (BANDS, MN04_FRAMES)


class Harmful:
    def __reduce__(self) -> "tuple[Any, ...]":
        return (exec, ("raise SystemExit('it ran')",))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(archive(pickle.dumps(Harmful())), id="code"),
        pytest.param(archive(pickle.dumps({"a": 1})), id="no tensors"),
        pytest.param(archive(b"\x80\x02K"), id="a cut pickle"),
        pytest.param(archive(pickle.dumps({})), id="no weights"),
    ],
)
def test_another_archive_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"checkpoint|state dict|not mn04"):
        convert(content)


@given(st.binary(max_size=200))
def test_garbage_is_refused(garbage: bytes) -> None:
    for start in (b"", b"PK\x03\x04"):
        with pytest.raises(ValueError, match="checkpoint"):
            state_dict(start + garbage)


def test_a_checkpoint_that_lacks_a_layer_is_refused(file: bytes) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"features.3.block", b"features.x.block"))
    with pytest.raises(ValueError, match="not mn04"):
        convert(made.getvalue())
