"""A certificate that vouches for itself: EC P-256, for a server, for some names and addresses.

Phones install only what calls itself an authority, and what people install must not be able to vouch for a bank: so it
may sign for nothing but its own names and addresses (RFC 5280 §4.2.1.10, critical: who cannot check it must refuse it).
"""

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
        .add_extension(_constraints(names), critical=True)
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


def is_constrained(certificate: x509.Certificate) -> bool:
    """Whether it can sign for nobody but itself; what was made before this was so has to be replaced."""
    extensions = certificate.extensions
    try:
        authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return True
    return not authority or any(isinstance(one.value, x509.NameConstraints) for one in extensions)


def _constraints(names: tuple[str, ...]) -> x509.NameConstraints:
    """These names and addresses only; a kind of name that is not among them is excluded as a whole."""
    own = [_subtree(_general_name(name)) for name in names]
    every = {
        4: x509.IPAddress(ipaddress.ip_network("0.0.0.0/0")),
        6: x509.IPAddress(ipaddress.ip_network("::/0")),
    }
    present = {one.value.version for one in own if isinstance(one, x509.IPAddress)}
    excluded: list[x509.GeneralName] = [tree for version, tree in every.items() if version not in present]
    if not any(isinstance(one, x509.DNSName) for one in own):
        excluded.append(x509.DNSName(""))
    return x509.NameConstraints(own or None, excluded or None)


def _subtree(name: x509.GeneralName) -> x509.GeneralName:
    if isinstance(name, x509.IPAddress):
        return x509.IPAddress(ipaddress.ip_network(name.value))
    return name


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
