import ipaddress
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from config.boot import Boot, CertificateBoot
from config.network import reachable
from config.tls import authority, certificate
from models.errors import Conflict, Unavailable


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    return Boot(tmp_path, tmp_path, tmp_path)


def serial(boot: Boot) -> str:
    return certificate.view(certificate.public_pem(certificate.ensure(boot))).serial_number


def test_it_says_who_we_are(boot: Boot) -> None:
    view = certificate.view(certificate.public_pem(certificate.ensure(boot)))
    assert view.subject.startswith("CN=")
    trusted = certificate.view(certificate.trust_pem(certificate.ensure(boot)))
    assert view.issuer == trusted.subject == trusted.issuer
    assert trusted.not_after - trusted.not_before > 9.9 * 365 * 86_400_000
    assert set(view.subject_alt_names) >= {"localhost", "127.0.0.1", "::1"}
    assert (view.not_after - view.not_before) / 86_400_000 <= 398
    assert view.status == "valid"
    assert len(view.fingerprint_sha256) == 64


def test_it_stays_until_something_is_due(boot: Boot) -> None:
    assert serial(boot) == serial(boot)
    assert certificate.due(boot) == ""


def test_the_key_is_private_and_never_in_the_download(boot: Boot) -> None:
    files = certificate.ensure(boot)
    assert files.key.stat().st_mode & 0o777 == 0o600
    assert files.authority.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in certificate.public_pem(files) + certificate.trust_pem(files)


@pytest.mark.parametrize(
    ("days", "status"), [(-2, "not_yet_valid"), (0, "valid"), (340, "expiring"), (364.5, "expired"), (5000, "expired")]
)
def test_status(boot: Boot, days: float, status: str) -> None:
    pem = certificate.public_pem(certificate.ensure(boot))
    assert certificate.view(pem, datetime.now(UTC) + timedelta(days=days)).status == status


def test_it_is_renewed_before_it_ends(boot: Boot) -> None:
    certificate.ensure(boot)
    assert "ends on" in certificate.due(boot, datetime.now(UTC) + timedelta(days=340))


def made_at(boot: Boot, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> str:
    """Serial number of a certificate that was made by a clock that showed ``moment``."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return moment

    with monkeypatch.context() as patched:
        patched.setattr(certificate, "datetime", Clock)
        return serial(boot)


def test_one_made_by_a_clock_that_was_ahead_is_made_anew(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    now = max(datetime.now(UTC), certificate.RELEASED)
    wrong = made_at(boot, now + timedelta(days=365), monkeypatch)
    assert "the clock was wrong when it was made" in certificate.due(boot, now)
    assert made_at(boot, now, monkeypatch) != wrong
    assert certificate.due(boot, now) == ""


def test_a_clock_that_is_not_set_yet_changes_nothing(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    good = made_at(boot, certificate.RELEASED + timedelta(days=30), monkeypatch)
    for year in (1970, 2000, 2025):
        assert made_at(boot, datetime(year, 1, 1, tzinfo=UTC), monkeypatch) == good


def trusted(boot: Boot) -> str:
    return certificate.trust_pem(certificate.ensure(boot))


def at(*addresses: str) -> Callable[[], tuple[reachable.Address, ...]]:
    return lambda: tuple(ipaddress.ip_address(address) for address in addresses)


def test_a_new_address_needs_a_new_certificate_and_no_new_trust(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    before, installed = serial(boot), trusted(boot)
    monkeypatch.setattr(reachable, "lasting_addresses", at("192.168.77.7"))
    assert certificate.due(boot) == "it does not name 192.168.77.7"
    assert serial(boot) != before
    assert trusted(boot) == installed
    assert certificate.due(boot) == ""


def test_an_address_of_the_internet_that_came_later_is_left_out(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachable, "lasting_addresses", at("192.0.2.7"))
    named = certificate.view(certificate.public_pem(certificate.ensure(boot))).subject_alt_names
    assert "192.0.2.7" in named
    monkeypatch.setattr(reachable, "lasting_addresses", at("192.0.2.7", "198.51.100.9"))
    assert certificate.due(boot) == ""


def test_an_authority_that_has_gone_or_is_another_one_is_made_anew(boot: Boot) -> None:
    files = certificate.ensure(boot)
    installed = trusted(boot)
    files.authority.unlink()
    assert certificate.due(boot) == "its authority is missing"
    assert trusted(boot) != installed
    assert certificate.due(boot) == ""


def test_it_is_renewed_for_a_new_name(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    before = serial(boot)
    monkeypatch.setattr(reachable, "names", lambda: ("localhost", "attic.local"))
    assert certificate.due(boot) == "its authority cannot sign for attic.local"
    assert serial(boot) != before
    assert serial(replace(boot, certificate=CertificateBoot(auto_regenerate=False))) == serial(boot)


def test_a_failed_renewal_keeps_the_old_one(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    before = serial(boot)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        certificate.regenerate(boot)
    assert serial(boot) == before
    assert {path.name for path in boot.data_dir.iterdir()} == {"authority.pem", "certificate.pem"}


def test_a_damaged_file_is_replaced(boot: Boot) -> None:
    files = certificate.ensure(boot)
    files.certificate.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert certificate.view(certificate.public_pem(certificate.ensure(boot))).status == "valid"


def test_the_owners_own_is_served_and_never_written(boot: Boot, tmp_path: Path) -> None:
    pem = certificate.ensure(boot).certificate.read_text()
    key_end = pem.index("-----BEGIN CERTIFICATE")
    (tmp_path / "own.key").write_text(pem[:key_end])
    (tmp_path / "own.pem").write_text(pem[key_end:])
    own = replace(boot, certificate=CertificateBoot(str(tmp_path / "own.pem"), str(tmp_path / "own.key")))
    files = certificate.ensure(own)
    assert files.own
    certificate.server_context(files)
    with pytest.raises(Conflict):
        certificate.regenerate(own)
    (tmp_path / "own.key").write_text("nonsense")
    with pytest.raises(Unavailable):
        certificate.ensure(own)


def test_the_context_is_modern(boot: Boot) -> None:
    context = certificate.server_context(certificate.ensure(boot))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    for cipher in context.get_ciphers():
        assert cipher["aead"]
        assert cipher["protocol"] == "TLSv1.3" or cipher["name"].startswith("ECDHE-")


def test_upkeep_loads_what_has_changed(boot: Boot) -> None:
    files = certificate.ensure(boot)
    context, seen = certificate.server_context(files), certificate.stamp(files)
    assert certificate.upkeep(boot, context, seen) == seen
    certificate.regenerate(boot)
    assert certificate.upkeep(boot, context, seen) != seen


def test_temporary_addresses_are_known_by_their_flag() -> None:
    text = (
        "20010db8000000000000000000000001 02 40 00 80     eth0\n"
        "20010db80000000000000000deadbeef 02 40 00 01     eth0\n"
        "short line\n"
    )
    assert {str(address) for address in reachable.temporary_addresses(text)} == {"2001:db8::dead:beef"}


@pytest.mark.parametrize(
    ("name", "good"),
    [("attic.local", True), ("a_b", True), ("", False), ("-a", False), ("a b", False), ("é", False), ("a" * 64, False)],
)
def test_host_names(name: str, good: bool) -> None:
    assert reachable.is_host_name(name) is good


def _leaf(boot: Boot, *names: x509.GeneralName) -> tuple[Path, Path]:
    """What the key on the device could sign for others: (the installed certificate, the forged one)."""
    pem = certificate.ensure(boot).authority.read_bytes()
    authority, key = x509.load_pem_x509_certificate(pem), serialization.load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    own, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "forged")]))
        .issuer_name(authority.subject)
        .public_key(own.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False)
        .sign(key, hashes.SHA256())
    )
    installed, leaf = boot.data_dir / "installed.pem", boot.data_dir / "leaf.pem"
    installed.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    leaf.write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    return installed, leaf


def _trusted(installed: Path, leaf: Path) -> bool:
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", str(installed), str(leaf)]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("www.bank.example"),
        x509.DNSName("local"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    ],
)
def test_what_people_install_vouches_for_this_device_alone(boot: Boot, name: x509.GeneralName) -> None:
    installed, leaf = _leaf(boot, name)
    assert not _trusted(installed, leaf)
    served = boot.data_dir / "served.pem"
    served.write_text(certificate.public_pem(certificate.files_of(boot)))
    assert _trusted(installed, served)
    assert _trusted(*_leaf(boot, x509.DNSName("localhost")))  # or nothing at all would be refused


def test_one_that_signs_itself_is_served_until_it_is_due(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    """As version 0.1 made it: who has installed it is asked again only when it would have ended anyway."""
    files = certificate.files_of(boot)
    key, names = ec.generate_private_key(ec.SECP256R1()), certificate._wanted_names()
    now = datetime.now(UTC)
    signing = (key, authority.make_authority(key, now, "attic", names))
    alone = authority.issue(signing, key, now, "attic", names)
    former = (
        x509.CertificateBuilder()
        .subject_name(alone.subject)
        .issuer_name(alone.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(alone.not_valid_before_utc)
        .not_valid_after(alone.not_valid_after_utc)
        .add_extension(alone.extensions.get_extension_for_class(x509.SubjectAlternativeName).value, critical=False)
        .add_extension(x509.NameConstraints([x509.DNSName("localhost")], None), critical=True)
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate._keep(files.certificate, key, former)
    assert serial(boot) == "7"
    assert trusted(boot) == certificate.public_pem(files)
    monkeypatch.setattr(reachable, "lasting_addresses", at("192.168.77.7"))
    assert certificate.due(boot) == "it does not name 192.168.77.7"
    assert serial(boot) != "7"
    assert trusted(boot) != certificate.public_pem(files)


def test_one_that_could_sign_for_others_is_replaced(boot: Boot) -> None:
    """As versions before that one made it."""
    files, key = certificate.files_of(boot), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "attic")])
    now = datetime.now(UTC)
    unconstrained = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(8)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=300))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate._keep(files.certificate, key, unconstrained)
    assert "every site" in certificate.due(boot)
    assert serial(boot) != "8"
    assert certificate.due(boot) == ""
