"""The conversion: right numbers for the right file, and a plain no for every other."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.weights.catalogue import CATALOGUE, YAMNET, defaults
from models.detect.tflite_graph import Graph
from models.detect.yamnet_onnx import convert
from tests.models.detect.samples import session, weights


@pytest.fixture(scope="module")
def file() -> bytes:
    return weights(YAMNET.file).read_bytes()


@pytest.fixture(scope="module")
def converted(file: bytes) -> bytes:
    return convert(file)


def test_the_file_is_the_pinned_one(file: bytes) -> None:
    assert len(file) == YAMNET.bytes
    assert hashlib.sha256(file).hexdigest() == YAMNET.sha256


def test_the_same_file_gives_the_same_model(file: bytes, converted: bytes) -> None:
    assert convert(file) == converted


def test_scores_are_scores(converted: bytes) -> None:
    rng = np.random.default_rng(0)
    batch = rng.normal(0, 0.1, (3, 15_600)).astype(np.float32)
    scores, embedding = session(converted)({"waveform": batch})
    assert scores.shape == (3, 521)
    assert embedding.shape == (3, 1024)
    assert np.all((scores >= 0) & (scores <= 1))
    alone = session(converted)({"waveform": batch[1:2]})[0]
    assert alone == pytest.approx(scores[1:2], abs=1e-5)


def test_silence_is_silence(converted: bytes) -> None:
    silence = 494  # "Silence" in AudioSet's order
    scores = session(converted)({"waveform": np.zeros((1, 15_600), np.float32)})[0][0]
    assert scores.argmax() == silence
    assert scores[silence] > 0.5


@given(st.binary(max_size=200))
def test_garbage_is_refused(garbage: bytes) -> None:
    for start in (b"", b"\x1c\0\0\0TFL3"):
        with pytest.raises(ValueError, match=r"TFLite|YAMNet"):
            convert(start + garbage)


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 4_000_000), st.integers(0, 255))
def test_a_flipped_byte_is_refused_or_harmless(position: int, value: int) -> None:
    """flatbuffers checks nothing by itself: whatever happens must be a ValueError."""
    broken = bytearray(weights(YAMNET.file).read_bytes())
    broken[position % 3000 + 8 if position % 2 else position] = value
    try:
        graph = Graph(bytes(broken))
        for operator in graph.operators:
            for tensor in operator.inputs:
                graph.shape(tensor)
    except ValueError:
        pass


def test_the_catalogue_is_complete() -> None:
    assert [model.id for model in defaults("yolox_nano")] == ["yamnet", "mn04_as", "yolox_nano"]
    for model in CATALOGUE.values():
        assert len(model.sha256) == 64
        assert model.urls
        assert all(url.startswith("https://") for url in model.urls)
        assert model.licence.startswith(("Apache-2.0", "MIT"))
    with pytest.raises(KeyError):
        defaults("resnet")
