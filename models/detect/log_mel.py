"""16 kHz sound as the logarithms of mel bands that EfficientAT's networks were trained on at 32 kHz.

Their frames are 25 ms each 10 ms with 31.25 Hz a bin; the same at 16 kHz needs half the samples, and their pre-emphasis
(made for 32 kHz) becomes a factor of each bin. What lies above 8 kHz is not there.

Source: EfficientAT's preprocessing (Schmid et al. 2023, arXiv:2211.04772); mel bands as in Kaldi (Povey et al. 2011).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.detect.detector import SAMPLE_RATE

Floats = NDArray[np.float32]

FRAME, STEP, FFT = 400, 160, 512  # samples: 25 ms each 10 ms
BINS, BANDS = FFT // 2 + 1, 128
TRAINED_RATE = 2 * SAMPLE_RATE
TOP_HZ = 15_000.0  # of the highest band
EMPHASIS = 0.97
FLOOR = 1e-5
MIDDLE, SPREAD = -4.5, 5.0  # the networks' normalisation


def _mel(hertz: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log(1.0 + hertz / 700.0))


def _bands() -> Floats:
    """(BINS, BANDS) triangles, equally wide on the mel scale, of the power spectrum of 16 kHz sound."""
    hertz = np.arange(BINS) * (SAMPLE_RATE / FFT)
    edges = np.linspace(0.0, float(_mel(np.array(TOP_HZ))), BANDS + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    mel = _mel(hertz)[:, None]
    triangles = np.minimum((mel - left) / (centre - left), (right - mel) / (right - centre)).clip(0)
    emphasis = np.abs(1 - EMPHASIS * np.exp(-2j * np.pi * hertz / TRAINED_RATE)) ** 2
    # Twice as many samples in a frame: twice the amplitude of each bin.
    return np.asarray(triangles * (4 * emphasis)[:, None], np.float32)


_WINDOW = np.hanning(FRAME).astype(np.float32)
_BANDS = _bands()


def log_mel(wave: Floats) -> Floats:
    """(BANDS, frames) of a wave −1…1; the n-th frame begins at sample ``n * STEP``."""
    starts = np.lib.stride_tricks.sliding_window_view(wave, FRAME)[::STEP]
    spectrum = np.fft.rfft(starts * _WINDOW, FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    logarithms = np.log(power @ _BANDS + np.float32(FLOOR))
    return np.ascontiguousarray(((logarithms - MIDDLE) / SPREAD).T, np.float32)
