"""The type of operations: from the facts and the request's element to the answer's element."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from models.onvif.device_info import Facts
from models.onvif.xml import Xml, tag

Operation = Callable[[Facts, Element], Xml]


def none_here(prefix: str, *names: str) -> dict[str, Operation]:
    """Operations that list what this device has none of, by name."""
    return {name: _always(tag(f"{prefix}:{name}Response")) for name in names}


def _always(answer: Xml) -> Operation:
    return lambda _facts, _body: answer
