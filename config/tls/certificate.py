"""The HTTPS certificate: the owner's own, or one of the device's authority that follows the device's addresses.

Ours are kept with their keys in *one* file each, so that the two always match. Users install the authority once; what
it signs is renewed without any action. A certificate of version 0.1 is self-signed: it is served, and downloaded, until
it is due.
"""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.boot import Boot
from config.files import write_atomically
from config.network import reachable
from config.tls.authority import is_constrained, issue, make_authority, permits
from models.errors import Conflict, Unavailable
from models.messages.facade import CertificateView

FILE = "certificate.pem"
AUTHORITY_FILE = "authority.pem"
RENEW_DAYS = 30
AUTHORITY_RENEW_DAYS = 400  # nothing that it signs outlives it
# A clock before the release of this program has not been set yet (no battery, no network so far). It is ignored, or
# a device without a battery-backed clock would make a new certificate at each boot.
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
NAMES_MAX = 64  # a host with hundreds of bridges: the certificate must stay small
DOWNLOAD_URL = "/cert"

# Forward secrecy and AEAD only (RFC 9325 §4.2); TLS 1.3 brings its own list.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK:!SRP"

MISSING = CertificateView("", "", 0, 0, "", "missing", "", ())


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """``own``: the owner's, which we never write. Otherwise ``certificate`` and ``key`` are the same file."""

    certificate: Path
    key: Path
    authority: Path
    own: bool = False


def ensure(boot: Boot) -> CertificateFiles:
    """The files to serve; the device's certificate is made or renewed first where that is due.

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
    """A new certificate in place of the old one, which stays if anything fails.

    The authority stays too, unless it may not sign for the names that the device has now.

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
    """Why the device's certificate should be renewed now; "" if it need not be."""
    files = files_of(boot)
    if files.own:
        return ""
    if not files.certificate.exists():
        return "there is none"
    certificate, now = _load(files.certificate), now or datetime.now(UTC)
    if certificate.not_valid_after_utc - now < timedelta(days=RENEW_DAYS):
        return f"it ends on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if not is_constrained(certificate):
        return "it would be trusted for every site"
    if certificate.not_valid_before_utc > now >= RELEASED:
        return f"the clock was wrong when it was made: it begins on {certificate.not_valid_before_utc:%Y-%m-%d}"
    if certificate.issuer != certificate.subject:
        authority = _authority(files)
        if authority is None or not _signed_by(certificate, authority[1]):
            return "its authority is missing"
        return _spent(authority[1], now) or _unnamed(certificate, _named_by(authority[1]))
    return _unnamed(certificate, _wanted_names())


def _unnamed(certificate: x509.Certificate, wanted: tuple[str, ...]) -> str:
    missing = [name for name in wanted if name not in _alt_names(certificate)]
    return f"it does not name {', '.join(missing)}" if missing else ""


def _spent(authority: x509.Certificate, now: datetime) -> str:
    """Why another authority is needed; "" if this one can still sign."""
    if authority.not_valid_after_utc - now < timedelta(days=AUTHORITY_RENEW_DAYS):
        return f"its authority ends on {authority.not_valid_after_utc:%Y-%m-%d}"
    if authority.not_valid_before_utc > now >= RELEASED:
        return "the clock was wrong when its authority was made"
    strange = [name for name in reachable.names() if not permits(authority, name)]
    return f"its authority cannot sign for {', '.join(strange)}" if strange else ""


def _named_by(authority: x509.Certificate) -> tuple[str, ...]:
    """An address of the Internet that came after the authority is left out: nobody has to trust a new one for it."""
    return tuple(name for name in _wanted_names() if permits(authority, name))


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
    """The certificate (chain) that is served, as PEM, never the key."""
    return _public(files.certificate)


def trust_pem(files: CertificateFiles) -> str:
    """What has to be installed for browsers and apps to trust this device, as PEM, never the key."""
    served = _load(files.certificate)
    by_ours = not files.own and served.issuer != served.subject
    return _public(files.authority if by_ours else files.certificate)


def in_pairs(fingerprint: str) -> str:
    """A fingerprint in the form in which browsers show it."""
    return ":".join(fingerprint[at : at + 2].upper() for at in range(0, len(fingerprint), 2))


def _public(path: Path) -> str:
    blocks = x509.load_pem_x509_certificates(path.read_bytes())
    return "".join(block.public_bytes(serialization.Encoding.PEM).decode() for block in blocks)


def view(pem: str | bytes, now: datetime | None = None) -> CertificateView:
    """What GET /cert/info returns for the first certificate in ``pem``."""
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
        return CertificateFiles(own, Path(boot.certificate.key or own), own, own=True)
    generated = boot.data_dir / FILE
    return CertificateFiles(generated, generated, boot.data_dir / AUTHORITY_FILE)


def _check(files: CertificateFiles) -> None:
    _load_chain(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), files)


def _load_chain(context: ssl.SSLContext, files: CertificateFiles) -> None:
    try:
        # The password callback keeps OpenSSL from asking for a passphrase on the terminal.
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
    now, host, names = max(datetime.now(UTC), RELEASED), socket.gethostname(), _wanted_names()
    authority = _authority(files)
    if authority is None or _spent(authority[1], now):
        key = ec.generate_private_key(ec.SECP256R1())
        authority = (key, make_authority(key, now, host, names))
        _keep(files.authority, *authority)
    key = ec.generate_private_key(ec.SECP256R1())
    _keep(files.certificate, key, issue(authority, key, now, host, names))


def _keep(path: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_atomically(path, private + certificate.public_bytes(serialization.Encoding.PEM))


def _authority(files: CertificateFiles) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None:
    """None where there is none, or none that can be used."""
    try:
        pem = files.authority.read_bytes()
        key, certificate = serialization.load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem)
    except (OSError, ValueError, TypeError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return key, certificate


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


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
