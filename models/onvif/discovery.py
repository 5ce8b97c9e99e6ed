"""WS-Discovery (April 2005, as ONVIF requires): announcements and answers to searches."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from models.onvif.limits import PROBE_TYPES_MAX, TEXT_MAX
from models.onvif.xml import MalformedError, Xml, document, parse, tag

PORT = 3702
GROUP = "239.255.255.250"
DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": ADDRESSING,
    "d": DISCOVERY,
    "dn": "http://www.onvif.org/ver10/network/wsdl",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
}
ANONYMOUS = f"{ADDRESSING}/role/anonymous"
EVERYBODY = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
TYPES = "dn:NetworkVideoTransmitter tds:Device"
LOCAL_TYPES = frozenset({"NetworkVideoTransmitter", "Device"})
RFC3986, STRCMP, NONE = (f"{DISCOVERY}/{rule}" for rule in ("rfc3986", "strcmp0", "none"))


@dataclass(frozen=True, slots=True)
class Question:
    """A Probe, or a Resolve (``endpoint``)."""

    message_id: str
    types: tuple[str, ...] = ()  # local names
    scopes: tuple[str, ...] = ()
    rule: str = RFC3986
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """``version``: rises when what is said here changes. ``instance``: rises at each start."""

    uuid: str
    scopes: tuple[str, ...]
    instance: int
    version: int = 1


def read(datagram: bytes) -> Question | None:
    """The question in a datagram; None if it is not a question to a device."""
    try:
        root = parse(datagram)
    except MalformedError:
        return None
    header, body = root.find(_s("Header")), root.find(_s("Body"))
    if header is None or body is None or len(body) != 1:
        return None
    message_id = (header.findtext(f"{{{ADDRESSING}}}MessageID") or "").strip()[:TEXT_MAX]
    asked = body[0]
    if not message_id:
        return None
    if asked.tag == _d("Resolve"):
        endpoint = asked.findtext(f"{{{ADDRESSING}}}EndpointReference/{{{ADDRESSING}}}Address") or ""
        return Question(message_id, endpoint=endpoint.strip() or "?")
    return _probe(message_id, asked) if asked.tag == _d("Probe") else None


def _probe(message_id: str, asked: Element) -> Question | None:
    types = (asked.findtext(_d("Types")) or "").split()
    scopes = asked.find(_d("Scopes"))
    wanted = (scopes.text or "").split() if scopes is not None else []
    if len(types) + len(wanted) > PROBE_TYPES_MAX:
        return None
    rule = scopes.get("MatchBy", RFC3986) if scopes is not None else RFC3986
    return Question(message_id, tuple(one.rpartition(":")[2] for one in types), tuple(wanted), rule)


def meant(question: Question, device: Device) -> bool:
    """Whether this device must answer."""
    if question.endpoint:
        return question.endpoint == device.uuid
    if not LOCAL_TYPES.issuperset(question.types):
        return False
    if question.rule == NONE:
        return not device.scopes
    same = {RFC3986: _below, STRCMP: str.__eq__}.get(question.rule)
    return same is not None and all(any(same(own, one) for own in device.scopes) for one in question.scopes)


def _below(own: str, wanted: str) -> bool:
    """RFC 3986: scheme and host without case, the path's segments from the beginning on."""
    try:
        ours, theirs = urlsplit(own), urlsplit(wanted)
    except ValueError:  # what was asked for is no URI, as "onvif://["
        return False
    if (ours.scheme.lower(), ours.netloc.lower()) != (theirs.scheme.lower(), theirs.netloc.lower()):
        return False
    own_steps, wanted_steps = ([unquote(step) for step in url.path.split("/") if step] for url in (ours, theirs))
    return own_steps[: len(wanted_steps)] == wanted_steps


# ---------------------------------------------------------------- what we say
def matches(question: Question, device: Device, addresses: Sequence[str], message_id: str, number: int) -> bytes:
    """ProbeMatches or ResolveMatches, with the addresses of the interface on which it was asked."""
    kind = "Resolve" if question.endpoint else "Probe"
    content = tag(f"d:{kind}Matches", tag(f"d:{kind}Match", _described(device, addresses)))
    head = (tag("a:RelatesTo", question.message_id), tag("a:To", ANONYMOUS))
    return _message(f"{kind}Matches", message_id, head, device, number, content)


def hello(device: Device, addresses: Sequence[str], message_id: str, number: int) -> bytes:
    content = tag("d:Hello", _described(device, addresses))
    return _message("Hello", message_id, (tag("a:To", EVERYBODY),), device, number, content)


def bye(device: Device, message_id: str, number: int) -> bytes:
    content = tag("d:Bye", _endpoint(device))
    return _message("Bye", message_id, (tag("a:To", EVERYBODY),), device, number, content)


def _described(device: Device, addresses: Sequence[str]) -> tuple[Xml, ...]:
    return (
        _endpoint(device),
        tag("d:Types", TYPES),
        tag("d:Scopes", " ".join(device.scopes)),
        tag("d:XAddrs", " ".join(addresses)),
        tag("d:MetadataVersion", device.version),
    )


def _endpoint(device: Device) -> Xml:
    return tag("a:EndpointReference", tag("a:Address", device.uuid))


def _message(action: str, message_id: str, head: tuple[Xml, ...], device: Device, number: int, content: Xml) -> bytes:
    header = tag(
        "s:Header",
        tag("a:Action", f"{DISCOVERY}/{action}"),
        tag("a:MessageID", message_id),
        head,
        tag("d:AppSequence", InstanceId=device.instance, MessageNumber=number),
    )
    return document("s:Envelope", Xml(header + tag("s:Body", content)), NAMESPACES)


def _s(name: str) -> str:
    return f"{{{NAMESPACES['s']}}}{name}"


def _d(name: str) -> str:
    return f"{{{DISCOVERY}}}{name}"
