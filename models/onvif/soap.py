"""SOAP 1.2: requests, and the envelopes of answers and faults (ONVIF Core Specification, chapter 5)."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from models.onvif.xml import NAMESPACES, MalformedError, Xml, document, parse, qualified, tag, text

CONTENT_TYPE = "application/soap+xml"
REPLY_SUFFIX = "Response"
SENDER, RECEIVER = "s:Sender", "s:Receiver"


class Fault(Exception):  # noqa: N818 - SOAP's word
    """``codes``: SOAP's, then those below it: ("s:Sender", "ter:InvalidArgVal", "ter:NoProfile").

    ``status``: of HTTP. 400 for what the client did wrong, 500 for us (SOAP 1.2 Part 2 §7.5.1.2).
    """

    def __init__(self, reason: str, *codes: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason, self.codes, self.status = reason, codes or (SENDER,), status


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``operation``: (namespace, local name)."""

    operation: tuple[str, str]
    body: Element  # the operation's element
    security: Element | None  # wsse:Security
    action: str = ""  # of WS-Addressing, as is the next
    message_id: str = ""


def read(data: bytes) -> Call:
    """Raises ``Fault``."""
    try:
        root = parse(data)
    except MalformedError as error:
        raise Fault(f"The request cannot be read: {error}", SENDER, "ter:WellFormed") from error
    if root.tag != qualified("s:Envelope"):
        raise Fault("Only SOAP 1.2 is supported", "s:VersionMismatch")
    header, body = root.find(qualified("s:Header")), root.find(qualified("s:Body"))
    if body is None or len(body) != 1 or "}" not in body[0].tag:
        raise Fault("The body must contain one operation", SENDER, "ter:WellFormed")
    namespace, _, local = body[0].tag[1:].partition("}")
    security = header.find(qualified("wsse:Security")) if header is not None else None
    addressing = (text(header, name) for name in ("wsa:Action", "wsa:MessageID"))
    return Call((namespace, local), body[0], security, *addressing)


def answer(call: Call, content: Xml) -> bytes:
    """The envelope of an answer; what came with WS-Addressing is answered with it."""
    parts = []
    if call.action:
        parts.append(tag("wsa:Action", call.action.removesuffix("Request") + REPLY_SUFFIX))
    if call.message_id:
        parts.append(tag("wsa:RelatesTo", call.message_id))
    return _envelope(tag("s:Header", parts), tag("s:Body", content))


def order(action: str, to: str, message_id: str, content: Xml) -> bytes:
    """The envelope of a message that we send without a request."""
    header = tag("s:Header", tag("wsa:Action", action), tag("wsa:MessageID", message_id), tag("wsa:To", to))
    return _envelope(header, tag("s:Body", content))


def fault(error: Fault) -> bytes:
    code = Xml()
    for value in reversed(error.codes[1:]):
        code = tag("s:Subcode", tag("s:Value", value), code)
    code = tag("s:Code", tag("s:Value", error.codes[0]), code)
    reason = tag("s:Reason", tag("s:Text", error.reason, xml__lang="en"))
    return _envelope(Xml(), tag("s:Body", tag("s:Fault", code, reason)))


def _envelope(header: Xml, body: Xml) -> bytes:
    return document("s:Envelope", Xml(header + body), NAMESPACES)
