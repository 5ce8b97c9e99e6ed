"""A certificate that vouches for itself: EC P-256, for a server, for some names and addresses."""

import ipaddress
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_DAYS = 365  # browsers take at most 398 (CA/Browser Forum Baseline Requirements §6.3.2)
BACKDATED_DAYS = 1  # clients whose clock is late
COMMON_NAME_MAX = 64  # ub-common-name, RFC 5280 appendix A.1


def self_signed(key: ec.EllipticCurvePrivateKey, now: datetime, host: str, names: tuple[str, ...]) -> x509.Certificate:
    """``host`` is the subject, ``names`` are the subject's alternative names: DNS names and IP addresses."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "IP camera server"),
            x509.NameAttribute(NameOID.COMMON_NAME, host[:COMMON_NAME_MAX] or "ipcamera"),
        ]
    )
    start = now.replace(microsecond=0) - timedelta(days=BACKDATED_DAYS)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=VALID_DAYS))
        # Phones install only what calls itself an authority; it can vouch for nobody below it.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=False, decipher_only=False, **usage),
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(key_id, critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
