"""The licence of this device on disk. Blocking: for the actor's executor, or the command line without a server."""

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.boot import Boot
from config.clock import unix_ms
from config.device_id import device_id
from config.files import write_atomically
from config.store import Store
from models.errors import Invalid, Refused, ServerError
from models.messages.license import LicenseView
from models.security.license import License, issue, latest, problem, public_key, read

FILE = "license.json"
ISSUER = "issuer.key"
SEEN_SAVED_EVERY_MS = 3_600_000  # how far a clock can be set back unnoticed

NONE_STORED = "No licence is stored"


class LicenseStore:
    """Every call reads the disk: a licence is checked once a minute, not once per request.

    Raises:
        OSError: of any method but ``view``: the data directory cannot be written.
        Invalid: in the constructor: a trusted issuer in the configuration is invalid.
    """

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        self._store = Store(boot.data_dir / FILE)
        self._issuer_path = boot.data_dir / ISSUER
        self._configured = tuple(public_key(issuer) for issuer in boot.license.trusted_issuers)
        self.device_id = device_id(boot.data_dir)
        self.notes: tuple[str, ...] = ()

    def view(self) -> LicenseView:
        """The current state. UNKNOWN if the store cannot be read now; ``notes`` describe problems."""
        try:
            (key, seen_ms), issuers = self._stored(), self._issuers()
        except OSError as error:
            return self._shown("UNKNOWN", f"{FILE} cannot be read: {error.strerror}", "UNAVAILABLE_RECOVERABLE")
        billing = "CONNECTED" if issuers else "UNAVAILABLE_HARD"
        match self._boot.license.override:
            case "pro":
                return self._shown("ACTIVE", "Pro by a start-up flag", billing, "DEBUG_OVERRIDE", origin="flag")
            case "free":
                return self._shown("INACTIVE", "Free by a start-up flag", billing)
        if not key:
            return self._shown("INACTIVE", NONE_STORED, billing)
        return self._judged(key, seen_ms, issuers, billing)

    def _judged(self, key: str, seen_ms: int, issuers: tuple[bytes, ...], billing: str) -> LicenseView:
        now_ms = unix_ms()
        try:
            license = read(key, issuers)
        except Invalid as error:
            return self._shown("INACTIVE", error.detail, billing)
        reason = problem(license, self.device_id, now_ms, seen_ms)
        self._keep_seen(license, key, now_ms, seen_ms)
        state = "INACTIVE" if reason else "ACTIVE"
        source = "NONE" if reason else "REAL_PURCHASE"
        return self._shown(state, reason, billing, source, license, "" if reason else self._origin(key))

    def _origin(self, key: str) -> str:
        local = self._local_issuer()
        if local is None:
            return "issuer"
        try:
            read(key, (local.public_key().public_bytes_raw(),))
        except Invalid:
            return "issuer"
        return "local"

    def _keep_seen(self, license: License, key: str, now_ms: int, seen_ms: int) -> None:
        newest = latest(license, now_ms, seen_ms)
        ended = license.expires_ms and newest >= license.expires_ms > seen_ms
        if license.expires_ms and (newest - seen_ms >= SEEN_SAVED_EVERY_MS or ended):
            try:
                self._store.save({"key": key, "seen": newest})
            except OSError as error:
                self.notes = (f"{FILE} cannot be written: {error.strerror}",)

    def activate(self, key: str) -> None:
        """Store a licence key; ``Invalid`` says why it is not valid for this device."""
        _, seen_ms = self._stored()
        license = read(key, self._issuers())
        if reason := problem(license, self.device_id, unix_ms(), seen_ms):
            raise Invalid(reason)
        self._store.save({"key": key.strip(), "seen": seen_ms})

    def issue(self, licensee: str) -> str:
        """Sign a licence for this device with a local issuer, created if necessary, and store it. Returns the key.

        Raises:
            Refused: the configuration trusts no local issuer.
        """
        if not self._boot.license.allow_local_issuer:
            raise Refused("This device only accepts licences of its configured issuers")
        issuer = issuer_in(self._issuer_path)
        key = issue(License(licensee, self.device_id, unix_ms(), 0), issuer)
        _, seen_ms = self._stored()
        self._store.save({"key": key, "seen": seen_ms})
        return key

    def rebind(self) -> None:
        """Sign the stored licence for this device, after the data was moved here.

        Raises:
            Refused: the configuration trusts no local issuer.
            Invalid: there is none, or another issuer has signed it and must issue a new one.
        """
        local = self._local_issuer()
        if not self._boot.license.allow_local_issuer or local is None:
            raise Refused("This device only accepts licences of its configured issuers")
        key, seen_ms = self._stored()
        license = read(key, (local.public_key().public_bytes_raw(),))
        self._store.save({"key": issue(replace(license, device_id=self.device_id), local), "seen": seen_ms})

    def revoke(self) -> None:
        """Remove the licence; the last seen time is kept."""
        _, seen_ms = self._stored()
        for _ in range(2):  # also replaces the last good copy
            self._store.save({"key": "", "seen": seen_ms})

    def _stored(self) -> tuple[str, int]:
        if self._store.path.exists():
            self._store.path.read_bytes()  # unreadable is not damaged: OSError, and the file stays where it is
        loaded = self._store.load()
        self.notes = loaded.notes
        match loaded.values:
            case {"key": str(key), "seen": int(seen_ms)}:
                return key, seen_ms
        return "", 0

    def _issuers(self) -> tuple[bytes, ...]:
        local = self._local_issuer() if self._boot.license.allow_local_issuer else None
        return (*self._configured, *((local.public_key().public_bytes_raw(),) if local else ()))

    def _local_issuer(self) -> Ed25519PrivateKey | None:
        if not self._issuer_path.exists():
            return None
        return _private_key(self._issuer_path)

    def _shown(
        self,
        state: str,
        reason: str,
        billing: str,
        source: str = "NONE",
        license: License | None = None,
        origin: str = "",
    ) -> LicenseView:
        return LicenseView(
            is_pro=state == "ACTIVE",
            state=state,
            source=source,
            billing_available=billing == "CONNECTED",
            billing_status=billing,
            device_id=self.device_id,
            licensee=license.licensee if license else "",
            expires_ms=license.expires_ms if license else 0,
            reason=reason,
            origin=origin,
        )


def issuer_in(path: Path) -> Ed25519PrivateKey:
    """The issuer whose key is in the file; created if there is none."""
    if path.exists():
        return _private_key(path)
    issuer = Ed25519PrivateKey.generate()
    pem = issuer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_atomically(path, pem)
    return issuer


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ServerError(f"{path.name} is not an Ed25519 key; move it away, and a new issuer is created")
    return key
