import base64
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actors.license import license_store as module
from actors.license.license_store import LicenseStore
from config.boot import Boot, LicenseBoot
from models.errors import Invalid, Refused
from models.messages.license import LicenseView
from models.security.license import License, issue

VENDOR = Ed25519PrivateKey.from_private_bytes(b"v" * 32)
VENDOR_TEXT = base64.b64encode(VENDOR.public_key().public_bytes_raw()).decode()
HOUR_MS = 3_600_000


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    return Boot(tmp_path, tmp_path, tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    now = [1_000 * HOUR_MS]
    monkeypatch.setattr(module, "unix_ms", lambda: now[0])
    return now


def summary(view: LicenseView) -> tuple[bool, str, str, bool, str]:
    return view.is_pro, view.state, view.source, view.billing_available, view.billing_status


FREE = (False, "INACTIVE", "NONE", False, "UNAVAILABLE_HARD")
PRO = (True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED")


def test_a_fresh_device_is_free(boot: Boot) -> None:
    assert summary(LicenseStore(boot).view()) == FREE


def test_an_owner_makes_it_pro_with_one_command(boot: Boot) -> None:
    LicenseStore(boot).issue("owner")
    view = LicenseStore(boot).view()
    assert summary(view) == PRO
    assert (view.licensee, view.reason) == ("owner", "")


def test_it_says_where_the_licence_comes_from(boot: Boot) -> None:
    assert LicenseStore(boot).view().origin == ""
    LicenseStore(boot).issue("owner")
    assert LicenseStore(boot).view().origin == "local"
    vendor = LicenseStore(replace(boot, license=LicenseBoot((VENDOR_TEXT,))))
    vendor.activate(issue(License("Zoë", vendor.device_id, 0, 0), VENDOR))
    assert vendor.view().origin == "issuer"
    assert LicenseStore(replace(boot, license=LicenseBoot(override="pro"))).view().origin == "flag"


def test_revoking_is_final(boot: Boot) -> None:
    LicenseStore(boot).issue("owner")
    LicenseStore(boot).revoke()
    assert summary(LicenseStore(boot).view()) == (False, "INACTIVE", "NONE", True, "CONNECTED")
    (boot.data_dir / "license.json").write_text("damaged")
    assert not LicenseStore(boot).view().is_pro


def test_a_vendor_may_forbid_local_issuers(boot: Boot) -> None:
    LicenseStore(boot).issue("owner")
    vendor = replace(boot, license=LicenseBoot((VENDOR_TEXT,), allow_local_issuer=False))
    assert summary(LicenseStore(vendor).view()) == (False, "INACTIVE", "NONE", True, "CONNECTED")
    with pytest.raises(Refused):
        LicenseStore(vendor).issue("owner")


def test_a_vendors_key_is_activated_for_this_device_only(boot: Boot) -> None:
    desk = LicenseStore(replace(boot, license=LicenseBoot((VENDOR_TEXT,))))
    with pytest.raises(Invalid, match="another device"):
        desk.activate(issue(License("Zoë", "0" * 32, 0, 0), VENDOR))
    desk.activate(issue(License("Zoë", desk.device_id, 0, 0), VENDOR))
    assert summary(desk.view()) == PRO


def test_it_expires_and_a_clock_set_back_does_not_bring_it_back(boot: Boot, clock: list[int]) -> None:
    desk = LicenseStore(replace(boot, license=LicenseBoot((VENDOR_TEXT,))))
    desk.activate(issue(License("", "", clock[0], clock[0] + 10 * HOUR_MS), VENDOR))
    assert desk.view().is_pro
    clock[0] += 10 * HOUR_MS
    assert desk.view().reason == "The licence has expired"
    clock[0] -= 9 * HOUR_MS
    assert desk.view().reason == "The clock was set back"
    assert summary(desk.view())[1:3] == ("INACTIVE", "NONE")


def test_a_device_that_starts_without_a_clock_keeps_its_licence(boot: Boot, clock: list[int]) -> None:
    desk = LicenseStore(boot)
    desk.issue("owner")
    clock[0] = 0
    assert desk.view().is_pro


@pytest.mark.parametrize(
    ("override", "wanted"), [("pro", (True, "ACTIVE", "DEBUG_OVERRIDE")), ("free", (False, "INACTIVE", "NONE"))]
)
def test_an_override_beats_the_stored_licence(boot: Boot, override: str, wanted: tuple[bool, str, str]) -> None:
    LicenseStore(boot).issue("owner")
    assert summary(LicenseStore(replace(boot, license=LicenseBoot(override=override))).view())[:3] == wanted


def test_a_store_that_cannot_be_read_is_unknown_and_kept(boot: Boot) -> None:
    (boot.data_dir / "license.json").mkdir()
    assert summary(LicenseStore(boot).view()) == (False, "UNKNOWN", "NONE", False, "UNAVAILABLE_RECOVERABLE")
    assert (boot.data_dir / "license.json").is_dir()


def test_a_damaged_store_is_no_licence(boot: Boot) -> None:
    (boot.data_dir / "license.json").write_bytes(b"\xff\0")
    desk = LicenseStore(boot)
    assert not desk.view().is_pro
    assert desk.notes


def test_a_bad_issuer_in_the_configuration_is_named(boot: Boot) -> None:
    with pytest.raises(Invalid):
        LicenseStore(replace(boot, license=LicenseBoot(("nonsense",))))
