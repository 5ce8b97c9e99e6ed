"""TLS to the broker: checked by the system's authorities, or pinned to the certificate that was seen first."""

import hashlib
import ssl
from collections.abc import Callable

from models.mqtt.options import Options


class PinChanged(ssl.SSLError):
    """The broker shows another certificate than the one that was accepted."""

    def __init__(self, pinned: str, shown: str) -> None:
        super().__init__(
            f"The broker's certificate has changed from {short(pinned)} to {short(shown)}. "
            "If that is right, switch mqttAcceptSelfSigned off and on again"
        )
        self.text = str(self.args[0])


def fingerprint(der: bytes) -> str:
    """SHA-256 as ``AA:BB:…``."""
    return hashlib.sha256(der).digest().hex(":").upper()


def short(text: str) -> str:
    return f"{text[:11]}…{text[-5:]}"


def context(options: Options, pinned: str, seen: Callable[[str], None]) -> ssl.SSLContext | None:
    """None without TLS. ``seen`` gets the fingerprint of a certificate that is not checked by authorities.

    With a pin, another certificate ends the handshake: nothing is sent to whoever shows it.
    """
    if not options.tls:
        return None
    made = ssl.create_default_context()
    if options.accept_self_signed:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        made.sslobject_class = _pinned(pinned, seen)
    return made


def _pinned(pinned: str, seen: Callable[[str], None]) -> type[ssl.SSLObject]:
    class Pinned(ssl.SSLObject):
        """asyncio sends nothing before this has returned."""

        def do_handshake(self) -> None:
            super().do_handshake()
            shown = fingerprint(self.getpeercert(binary_form=True) or b"")
            if pinned and shown != pinned:
                raise PinChanged(pinned, shown)
            seen(shown)

    return Pinned
