"""The licence's mailbox."""

from dataclasses import dataclass
from typing import ClassVar

from models.messages import Ask, News


@dataclass(frozen=True, slots=True)
class LicenseView:
    is_pro: bool
    state: str  # ACTIVE, INACTIVE, UNKNOWN
    source: str  # REAL_PURCHASE, DEBUG_OVERRIDE, NONE
    billing_available: bool
    billing_status: str  # CONNECTED, UNAVAILABLE_RECOVERABLE, UNAVAILABLE_HARD
    device_id: str = ""
    licensee: str = ""
    expires_ms: int = 0  # Unix ms, 0 = never
    reason: str = ""  # why it is not active, for a person
    origin: str = ""  # of what makes it Pro: local (issued on this device), issuer (a configured one), flag; "" if Free


UNKNOWN_LICENSE = LicenseView(False, "UNKNOWN", "NONE", False, "UNAVAILABLE_RECOVERABLE")


@dataclass(frozen=True, slots=True)
class GetLicense(Ask[LicenseView]):
    retry: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ActivateLicense(Ask[LicenseView]):
    """Check and store a licence key; ``invalid`` says what is wrong with it."""

    key: str


@dataclass(frozen=True, slots=True)
class IssueLicense(Ask[LicenseView]):
    """Make a local issuer if there is none, and a licence for this device; ``refused`` where that is forbidden."""

    licensee: str = "owner"


@dataclass(frozen=True, slots=True)
class RevokeLicense(Ask[LicenseView]):
    """Forget the stored licence."""


@dataclass(frozen=True, slots=True)
class LicenseChanged(News):
    license: LicenseView
