"""The table of operations. Operations on subscriptions are in the event service, because they may wait."""

from models.onvif import device, device_io, event_service, media, media2
from models.onvif.device_info import Facts
from models.onvif.operation import Operation
from models.onvif.soap import RECEIVER, Call, Fault
from models.onvif.xml import NAMESPACES, Xml

_BY_PREFIX: dict[str, dict[str, Operation]] = {
    "tds": device.OPERATIONS,
    "trt": media.OPERATIONS,
    "tr2": media2.OPERATIONS,
    "tev": event_service.OPERATIONS,
    "tmd": device_io.OPERATIONS,
}
OPERATIONS: dict[tuple[str, str], Operation] = {
    (NAMESPACES[prefix], name): operation
    for prefix, operations in _BY_PREFIX.items()
    for name, operation in operations.items()
}
# ONVIF Core Specification, access class PRE_AUTH: what a client needs before it can log in at all.
BEFORE_LOGIN = frozenset((NAMESPACES["tds"], name) for name in device.BEFORE_LOGIN)


def answer(facts: Facts, call: Call) -> Xml:
    """Raises ``Fault``."""
    operation = OPERATIONS.get(call.operation)
    if operation is None:
        raise not_supported(call)
    return operation(facts, call.body)


def not_supported(call: Call) -> Fault:
    known = call.operation[0] in NAMESPACES.values()
    reason = f"{call.operation[1][:64]} is not implemented" if known else "Unknown service"
    return Fault(reason, RECEIVER, "ter:ActionNotSupported", status=500)
