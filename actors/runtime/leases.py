"""The leases on rings, counted by the rings' owner."""

import time

from models.messages.media import Lease


class Leases:
    """The holders of the rings that one actor fills. A lease that is not renewed expires.

    Not guaranteed: that a ring is filled at once, or that it stays filled after the last lease has expired.
    """

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], float] = {}

    def take(self, lease: Lease) -> None:
        """Start, renew, or (``ttl_s`` 0) end a lease."""
        key = (lease.ring, lease.holder)
        if lease.ttl_s <= 0:
            self._until.pop(key, None)
        else:
            self._until[key] = time.monotonic() + lease.ttl_s

    def holders(self, ring: str) -> list[str]:
        """The holders of a valid lease on ``ring``."""
        now = time.monotonic()
        for key in [key for key, until in self._until.items() if until < now]:
            del self._until[key]
        return [holder for name, holder in self._until if name == ring]

    def wanted(self, ring: str) -> bool:
        return bool(self.holders(ring))
