"""The licence's mailbox."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, Ref, State


class ToLicense:
    """Whom the messages of this file go to."""


LICENSE: Ref[ToLicense] = Ref("license")


@dataclass(frozen=True, slots=True)
class LicenseView(State):
    is_pro: bool
    state: str  # ACTIVE, INACTIVE, UNKNOWN
    source: str  # REAL_PURCHASE, DEBUG_OVERRIDE, NONE
    billing_available: bool
    billing_status: str  # CONNECTED, UNAVAILABLE_RECOVERABLE, UNAVAILABLE_HARD
    device_id: str = ""
    licensee: str = ""
    expires_ms: int = 0  # Unix ms, 0 = never
    reason: str = ""  # why it is not active, for a person
    origin: str = ""  # why it is Pro: local (issued on this device), issuer (a configured one), flag; "" if Free


UNKNOWN_LICENSE = LicenseView(False, "UNKNOWN", "NONE", False, "UNAVAILABLE_RECOVERABLE")


@dataclass(frozen=True, slots=True)
class GetLicense(Ask[ToLicense, LicenseView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ActivateLicense(Ask[ToLicense, LicenseView]):
    """Check and store a licence key; ``invalid`` says what is wrong with it."""

    key: str


@dataclass(frozen=True, slots=True)
class IssueLicense(Ask[ToLicense, LicenseView]):
    """Create a local issuer if there is none, and a licence for this device; ``refused`` if this is not allowed."""

    licensee: str = "owner"


@dataclass(frozen=True, slots=True)
class RevokeLicense(Ask[ToLicense, LicenseView]):
    """Remove the stored licence."""
