"""Files encrypted with a passphrase, written and read as streams.

Argon2id (RFC 9106) makes the key, ChaCha20-Poly1305 (RFC 8439) seals chunks in the STREAM construction (Hoang,
Reyhanitabar, Rogaway, Vizár, CRYPTO 2015): each nonce holds the chunk's number and whether it is the last, so that
chunks cannot be changed, left out, moved or cut off unnoticed. File: ``MAGIC``, salt, then the chunks.
"""

import io
import secrets
import struct
from typing import BinaryIO

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MAGIC = b"IPCSEAL1"
SALT_BYTES = 16
CHUNK = 64 << 10  # bytes of plain text
TAG_BYTES = 16
TIME_COST, MEMORY_KIB, LANES = 4, 64 << 10, 1  # half a second on a small board
_NONCE = struct.Struct("!QI")  # 12 bytes: number of the chunk, 1 for the last


class SealError(Exception):
    """It cannot be opened; the text says why."""


class SealingWriter(io.RawIOBase):
    """Encrypts what is written into ``target``; ``close`` writes the last chunk and leaves ``target`` open."""

    def __init__(self, target: BinaryIO, passphrase: str) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        self._header = MAGIC + salt
        self._cipher = ChaCha20Poly1305(_key(passphrase, salt))
        self._target = target
        self._waiting = bytearray()
        self._number = 0
        target.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._seal(self._waiting[:CHUNK], last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def close(self) -> None:
        try:
            if not self.closed:
                self._seal(self._waiting, last=True)
        finally:
            super().close()

    def _seal(self, chunk: bytearray, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_NONCE.pack(self._number, last), bytes(chunk), self._header))
        self._number += 1


class SealedReader(io.RawIOBase):
    """The plain text of ``source``, which is positioned at ``MAGIC``.

    Raises:
        SealError: of every method: wrong passphrase, or the file was changed or truncated.
    """

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        self._header = source.read(len(MAGIC) + SALT_BYTES)
        if len(self._header) < len(MAGIC) + SALT_BYTES or not self._header.startswith(MAGIC):
            raise SealError("it is not an encrypted backup")
        self._cipher = ChaCha20Poly1305(_key(passphrase, self._header[len(MAGIC) :]))
        self._source = source
        self._next = source.read(CHUNK + TAG_BYTES)
        self._plain = b""
        self._number = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._plain and self._next:
            self._plain = self._open()
        taken = self._plain[: len(buffer)]
        self._plain = self._plain[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _open(self) -> bytes:
        chunk, self._next = self._next, self._source.read(CHUNK + TAG_BYTES)
        nonce = _NONCE.pack(self._number, not self._next)
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, chunk, self._header)
        except InvalidTag:
            wrong = "the passphrase is wrong, or the file is damaged" if self._number == 1 else "the file is damaged"
            raise SealError(wrong) from None


def _key(passphrase: str, salt: bytes) -> bytes:
    return hash_secret_raw(passphrase.encode(), salt, TIME_COST, MEMORY_KIB, LANES, 32, Type.ID)
