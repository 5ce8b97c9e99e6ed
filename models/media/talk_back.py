"""Talk-back: one talker at a time, and a short buffer against the unevenness of the network. PCM s16le mono 16 kHz."""

from dataclasses import dataclass, field

from models.media.pcm import RATE

LOCK_S = 0.7  # a talker that sends nothing for this long loses the lock
BYTES_PER_S = 2 * RATE
START_BYTES = BYTES_PER_S * 100 // 1000  # buffered before the first sound: 60–120 ms
MOST_BYTES = BYTES_PER_S * 400 // 1000  # what is older is dropped, or the delay would grow for ever


@dataclass(slots=True)
class TalkLock:
    """Held by one talker at a time."""

    holder: str = ""
    _until: float = 0.0

    def take(self, talker: str, now: float) -> bool:
        """Take or keep the lock; False while somebody else holds it."""
        if self.held(now) and self.holder != talker:
            return False
        self.holder, self._until = talker, now + LOCK_S
        return True

    def held(self, now: float) -> bool:
        return bool(self.holder) and now < self._until

    def release(self, talker: str) -> None:
        if talker == self.holder:
            self.holder = ""


@dataclass(slots=True)
class JitterBuffer:
    """Bytes in, even pieces out."""

    dropped: int = 0
    _bytes: bytearray = field(default_factory=bytearray)
    _playing: bool = False
    _ended: bool = False

    def put(self, pcm: bytes, end: bool = False) -> None:
        """``end``: the utterance is complete; play what is there even if it is short."""
        self._bytes += pcm
        self._ended = end
        if (excess := len(self._bytes) - MOST_BYTES) > 0:
            excess += excess % 2  # whole samples
            del self._bytes[:excess]
            self.dropped += excess

    def take(self, count: int) -> bytes:
        """Up to ``count`` bytes (even); empty while it fills up again after it ran dry."""
        if not self._playing and (len(self._bytes) >= START_BYTES or (self._ended and self._bytes)):
            self._playing = True
        if not self._playing:
            return b""
        piece = bytes(self._bytes[:count])
        del self._bytes[:count]
        if not piece:
            self._playing = False
        return piece

    @property
    def drained(self) -> bool:
        """The utterance is complete and was played to its end."""
        return self._ended and not self._bytes

    def clear(self) -> None:
        self._bytes.clear()
        self._playing = self._ended = False
