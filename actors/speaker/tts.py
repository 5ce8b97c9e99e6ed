"""Text to speech by espeak-ng, in this process and through its C interface: no shell, no temporary file.

espeak-ng is GPL-3 and an optional extra; without it there is no ``Espeak`` and the server says so.
Constants: espeak-ng/src/include/espeak-ng/speak_lib.h.
"""

import ctypes
import importlib.util

import av
import av.audio.resampler
import numpy as np

from models.errors import Invalid, Unavailable
from models.media.pcm import RATE

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8 = 1
POS_CHARACTER = 1
PARAMETER_RATE = 1
WORDS_PER_MINUTE = 165
DEFAULT_VOICE = "en"
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def is_installed() -> bool:
    return importlib.util.find_spec("espeakng_loader") is not None


class Espeak:
    """Use it in one thread: the library is one global machine."""

    def __init__(self) -> None:
        """Raises ``Unavailable`` where the extra is not installed or does not start."""
        try:
            import espeakng_loader
        except ImportError:
            raise Unavailable("Text-to-speech is not installed: install the extra ipcamera[tts]") from None
        self._pcm = bytearray()
        self._voice = ""
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        self._library.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        data = espeakng_loader.get_data_path().encode()
        self._rate = self._library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data, INITIALIZE_DONT_EXIT)
        if self._rate <= 0:
            raise Unavailable("Text-to-speech cannot start: espeak-ng finds no data")
        self._callback = _CALLBACK(self._collect)  # kept: the library holds only a pointer
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_SetParameter(PARAMETER_RATE, WORDS_PER_MINUTE, 0)

    def _collect(self, wave: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        if wave and count:
            self._pcm += ctypes.string_at(wave, count * 2)
        return 0

    def say(self, text: str, voice: str, volume: int) -> bytes:
        """PCM s16le mono 16 kHz. Raises ``Invalid`` for an unknown voice."""
        self._choose(voice or DEFAULT_VOICE)
        self._pcm = bytearray()
        raw = text.encode()
        if self._library.espeak_Synth(raw, len(raw) + 1, 0, POS_CHARACTER, 0, CHARS_UTF8, None, None):
            raise Unavailable("Text-to-speech failed")
        return self._resample(bytes(self._pcm), volume)

    def _choose(self, voice: str) -> None:
        if voice != self._voice:
            if self._library.espeak_SetVoiceByName(voice.encode()):
                raise Invalid("Unknown voice")
            self._voice = voice

    def _resample(self, pcm: bytes, volume: int) -> bytes:
        samples = np.frombuffer(pcm, np.int16)
        if not samples.size:
            return b""
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._rate
        resampler = av.audio.resampler.AudioResampler(format="s16", layout="mono", rate=RATE)
        parts = [part.to_ndarray().reshape(-1) for part in (*resampler.resample(frame), *resampler.resample(None))]
        loud = np.concatenate(parts).astype(np.float32) * (min(max(volume, 0), 100) / 100)
        return loud.astype(np.int16).tobytes()
