"""The device's own certificate authority: installed once, for ten years; server certificates are renewed below it.

What people install must not be valid for other sites. So it may sign for this device's names and for addresses that
exist only inside a home (RFC 1918, RFC 4193, link-local), for nothing else, and for no further authority (RFC 5280
§4.2.1.10, critical: who cannot check it must refuse it). Addresses of the Internet that the device has when the
authority is made are added, each alone.
"""

import ipaddress
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3652
LEAF_DAYS = 365  # browsers take at most 398 (CA/Browser Forum Baseline Requirements §6.3.2)
BACKDATED_DAYS = 1  # for clients whose clock is behind
COMMON_NAME_MAX = 64  # ub-common-name, RFC 5280 appendix A.1
ORGANIZATION = "IP camera server"
PRIVATE: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
) + tuple(ipaddress.ip_network(text) for text in ("::1/128", "fc00::/7", "fe80::/10"))
NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


def make_authority(
    key: ec.EllipticCurvePrivateKey, now: datetime, host: str, names: tuple[str, ...]
) -> x509.Certificate:
    """``names``: DNS names and IP addresses of this device."""
    subject = _subject(f"{host} certificate authority")
    return (
        _builder(subject, subject, key, now, AUTHORITY_DAYS)
        .add_extension(_constraints(names), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**{**NO_USAGE, "key_cert_sign": True, "crl_sign": True}), critical=True)
        .sign(key, hashes.SHA256())
    )


def issue(
    authority: tuple[ec.EllipticCurvePrivateKey, x509.Certificate],
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    host: str,
    names: tuple[str, ...],
) -> x509.Certificate:
    """A server's certificate for those of ``names`` that the authority may sign for."""
    signing, issuer = authority
    allowed = [_general_name(name) for name in names if permits(issuer, name)]
    return (
        _builder(_subject(host or "ipcamera"), issuer.subject, key, now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{**NO_USAGE, "digital_signature": True}), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(allowed), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )


def permits(authority: x509.Certificate, name: str) -> bool:
    """Whether ``authority`` may sign for this DNS name or IP address."""
    trees = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    wanted = _general_name(name)
    if isinstance(wanted, x509.IPAddress):
        address = ipaddress.ip_address(name)
        return any(isinstance(tree, x509.IPAddress) and address in ipaddress.ip_network(tree.value) for tree in trees)
    allowed = [tree.value for tree in trees if isinstance(tree, x509.DNSName)]
    return any(wanted.value == one or wanted.value.endswith(f".{one}") for one in allowed)


def is_constrained(certificate: x509.Certificate) -> bool:
    """Whether it cannot sign for other devices; authorities from before this restriction must be replaced."""
    extensions = certificate.extensions
    try:
        authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return True
    return not authority or any(isinstance(one.value, x509.NameConstraints) for one in extensions)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    start = now.replace(microsecond=0) - timedelta(days=BACKDATED_DAYS)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:COMMON_NAME_MAX]),
        ]
    )


def _constraints(names: tuple[str, ...]) -> x509.NameConstraints:
    trees: list[x509.GeneralName] = [x509.IPAddress(network) for network in PRIVATE]
    for name in names:
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            trees.append(x509.DNSName(name))
            continue
        if not any(address in network for network in PRIVATE):
            trees.append(x509.IPAddress(ipaddress.ip_network(address)))
    return x509.NameConstraints(trees, None)


def _general_name(name: str) -> x509.IPAddress | x509.DNSName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
