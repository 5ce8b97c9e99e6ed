"""Talk-back and text-to-speech into WAV files."""

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import Invalid, LimitReached, Unavailable
from models.messages.speaker import GetSpeaker, Speak
from tests.actors.shared.media.stubs import Talk
from tests.actors.shared.media.system import MediaSystem


def heard(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def test_talking_and_speaking(start: Callable[..., MediaSystem], tmp_path: Path) -> None:
    said = tmp_path / "said"
    system = start(source="pattern:", audio_source="none", speaker=f"wav:{said}")
    view = system.ask("speaker", GetSpeaker())
    assert (view.state, view.sink, view.tts) == ("ready", f"WAV files in {said}", True)

    system.ask("friend", Talk("anna", 1000), timeout_s=20)
    system.wait_for(lambda: system.ask("speaker", GetSpeaker()).state == "ready" and len(list(said.glob("*.wav"))) == 1)
    talk = heard(next(said.glob("*.wav")))
    assert 0.5 < talk.size / 16_000 <= 1.0  # a busy machine may send faster than it is played: the oldest is dropped
    assert set(np.unique(talk)) == {-4096, 4096}
    assert any("speaking=True" in line for line in system.news("Speaking("))
    assert "speaking=False" in system.news("Speaking(")[-1]

    result = system.ask("speaker", Speak("Hello. Motion was detected at the front door.\x07\n"))
    with pytest.raises(LimitReached) as refusal:
        system.ask("speaker", Speak("too soon"))
    assert 0 < int(refusal.value.fields["retryAfterMs"]) <= 5000
    system.wait_for(lambda: len(list(said.glob("*.wav"))) == 2)
    system.wait_for(lambda: system.ask("speaker", GetSpeaker()).state == "ready")
    speech = heard(max(said.glob("*.wav")))
    assert speech.size // 16 == result.duration_ms
    assert 1500 < result.duration_ms < 6000
    spectrum = np.abs(np.fft.rfft(speech.astype(float))) ** 2
    hertz = np.fft.rfftfreq(speech.size, 1 / 16_000)
    assert spectrum[(hertz > 70) & (hertz < 3400)].sum() > 0.8 * spectrum.sum()  # a voice
    with pytest.raises(Invalid):
        system.ask("speaker", Speak("\x00\x1b"))
    with pytest.raises(Invalid, match="Unknown voice"):
        system.ask("speaker", Speak("hi", voice="$(reboot)"))


def test_without_a_speaker(start: Callable[..., MediaSystem]) -> None:
    system = start(source="pattern:", audio_source="none", speaker="none")
    assert system.ask("speaker", GetSpeaker()).state == "none"
    with pytest.raises(Unavailable, match="no speaker"):
        system.ask("speaker", Speak("hello"))
