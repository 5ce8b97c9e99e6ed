"""The HTTPS certificate: the owner's own, or a self-signed one that follows the device's addresses.

The self-signed one is kept with its key in *one* file, so that the two can never be of different ages.
"""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config import reachable
from config.boot import Boot
from config.files import write_atomically
from config.self_signed import is_constrained, self_signed
from models.errors import Conflict, Unavailable
from models.messages.facade import CertificateView

FILE = "certificate.pem"
RENEW_DAYS = 30
# A clock before the release of this program has not been set yet (no battery, no network so far): its word counts for
# nothing, or a device without a clock of its own would make a new certificate at each boot.
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
NAMES_MAX = 64  # a host with hundreds of bridges: the certificate must stay small
DOWNLOAD_URL = "/cert"

# Forward secrecy and AEAD only (RFC 9325 §4.2); TLS 1.3 brings its own list.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK:!SRP"

MISSING = CertificateView("", "", 0, 0, "", "missing", "", ())


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """``own``: the owner's, which we never write. Otherwise both paths are the same file."""

    certificate: Path
    key: Path
    own: bool = False


def ensure(boot: Boot) -> CertificateFiles:
    """The files to serve; a self-signed certificate is made or renewed first where that is due.

    Raises:
        Unavailable: the owner's certificate or key cannot be used.
        OSError: the data directory cannot be written.
    """
    files = files_of(boot)
    if files.own:
        _check(files)
    elif not files.certificate.exists() or not _usable(files) or (boot.certificate.auto_regenerate and due(boot)):
        _write(files)
    return files


def regenerate(boot: Boot) -> CertificateFiles:
    """A new self-signed certificate in place of the old one, which stays if anything fails.

    Raises:
        Conflict: the owner's own certificate is configured.
        OSError: the data directory cannot be written.
    """
    files = files_of(boot)
    if files.own:
        raise Conflict("The certificate is set in the boot configuration and is not made here")
    _write(files)
    return files


def due(boot: Boot, now: datetime | None = None) -> str:
    """Why the self-signed certificate should be renewed now; "" where it need not be."""
    files = files_of(boot)
    if files.own:
        return ""
    if not files.certificate.exists():
        return "there is none"
    certificate, now = _load(files.certificate), now or datetime.now(UTC)
    if certificate.not_valid_after_utc - now < timedelta(days=RENEW_DAYS):
        return f"it ends on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if not is_constrained(certificate):
        return "whoever installed it would trust it for every site"
    if certificate.not_valid_before_utc > now >= RELEASED:
        return f"the clock was wrong when it was made: it begins on {certificate.not_valid_before_utc:%Y-%m-%d}"
    missing = [name for name in _wanted_names() if name not in _alt_names(certificate)]
    return f"it does not name {', '.join(missing)}" if missing else ""


def upkeep(boot: Boot, context: ssl.SSLContext, seen: float) -> float:
    """Renew what is due, and load what has changed on disk into ``context`` for new handshakes.

    Args:
        seen: what the last call returned; ``stamp(files)`` at first.

    Raises:
        Unavailable, OSError: it cannot be renewed or read; ``context`` still serves the old one.
    """
    files = ensure(boot)
    newest = stamp(files)
    if newest != seen:
        reload(context, files)
    return newest


def stamp(files: CertificateFiles) -> float:
    """Rises when the files change."""
    return max(files.certificate.stat().st_mtime, files.key.stat().st_mtime)


def server_context(files: CertificateFiles) -> ssl.SSLContext:
    """TLS 1.2 and 1.3, modern suites, HTTP/1.1; raises ``Unavailable`` for a pair that does not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    _load_chain(context, files)
    return context


def reload(context: ssl.SSLContext, files: CertificateFiles) -> None:
    """Serve ``files`` to new handshakes; open connections stay. ``Unavailable``, and no change, if they do not fit."""
    _check(files)
    _load_chain(context, files)


def public_pem(files: CertificateFiles) -> str:
    """The certificate (chain) as PEM, never the key."""
    blocks = x509.load_pem_x509_certificates(files.certificate.read_bytes())
    return "".join(block.public_bytes(serialization.Encoding.PEM).decode() for block in blocks)


def view(pem: str | bytes, now: datetime | None = None) -> CertificateView:
    """What GET /cert/info says of the first certificate in ``pem``."""
    certificate = x509.load_pem_x509_certificates(pem.encode() if isinstance(pem, str) else pem)[0]
    return CertificateView(
        subject=_words(certificate.subject),
        issuer=_words(certificate.issuer),
        not_before=_ms(certificate.not_valid_before_utc),
        not_after=_ms(certificate.not_valid_after_utc),
        serial_number=f"{certificate.serial_number:x}",
        status=_status(certificate, now or datetime.now(UTC)),
        fingerprint_sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        subject_alt_names=_alt_names(certificate),
    )


def files_of(boot: Boot) -> CertificateFiles:
    """Where it is, or will be."""
    if boot.certificate.certificate:
        own = Path(boot.certificate.certificate)
        return CertificateFiles(own, Path(boot.certificate.key or own), own=True)
    generated = boot.data_dir / FILE
    return CertificateFiles(generated, generated)


def _check(files: CertificateFiles) -> None:
    _load_chain(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), files)


def _load_chain(context: ssl.SSLContext, files: CertificateFiles) -> None:
    try:
        # The password callback keeps OpenSSL from asking for a pass phrase on the terminal.
        context.load_cert_chain(files.certificate, files.key, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise Unavailable(f"Certificate {files.certificate} with key {files.key} cannot be used: {error}") from error


def _usable(files: CertificateFiles) -> bool:
    try:
        _check(files)
    except Unavailable:
        return False
    return True


def _write(files: CertificateFiles) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(key, datetime.now(UTC), socket.gethostname(), _wanted_names())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_atomically(files.certificate, private + certificate.public_bytes(serialization.Encoding.PEM))


def _wanted_names() -> tuple[str, ...]:
    return (*reachable.names(), *(str(address) for address in reachable.lasting_addresses()))[:NAMES_MAX]


def _alt_names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))


def _load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


def _words(name: x509.Name) -> str:
    return ", ".join(part.rfc4514_string() for part in reversed(name.rdns))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _status(certificate: x509.Certificate, now: datetime) -> str:
    left = certificate.not_valid_after_utc - now
    if now < certificate.not_valid_before_utc:
        return "not_yet_valid"
    if left <= timedelta():
        return "expired"
    return "expiring" if left < timedelta(days=RENEW_DAYS) else "valid"
