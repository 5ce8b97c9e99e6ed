"""XML in and out. In: by expat, with no document type and so no entities, and bounded in every direction.

Out: text. ``tag`` makes an element of children that are ready (``Xml``) or text to be escaped; every prefix stands in
``NAMESPACES`` and is declared once, at the root.
"""

import re
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from models.onvif.limits import ATTRIBUTES_MAX, DEPTH_MAX, ELEMENTS_MAX, TEXT_MAX

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "timg": "http://www.onvif.org/ver20/imaging/wsdl",
    "tmd": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "tns1": "http://www.onvif.org/ver10/topics",
    "ter": "http://www.onvif.org/ver10/error",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "wsrf-r": "http://docs.oasis-open.org/wsrf/r-2",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "xs": "http://www.w3.org/2001/XMLSchema",
}
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2


class MalformedError(ValueError):
    """Not XML, or beyond our bounds."""


class Xml(str):
    """Text that is already XML."""

    __slots__ = ()


def parse(data: bytes) -> Element:
    """The root. Names are "{namespace}local".

    Raises:
        MalformedError: with a reason that says nothing of the content.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise MalformedError(f"not well-formed at byte {reader.parser.ErrorByteIndex}") from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise error if isinstance(error, MalformedError) else MalformedError("an unknown encoding") from error
    return reader.builder.close()


class _Reader:
    def __init__(self) -> None:
        self.builder = TreeBuilder()
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.builder.data
        self._depth = self._elements = 0

    def _doctype(self, *_: object) -> None:
        raise MalformedError("document types are not allowed")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > DEPTH_MAX or self._elements > ELEMENTS_MAX or len(attributes) > ATTRIBUTES_MAX:
            raise MalformedError("too many elements or attributes")
        self.builder.start(_name(tag), {_name(key): value for key, value in attributes.items()})

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self.builder.end(_name(tag))


def _name(expanded: str) -> str:
    return f"{{{expanded}" if "}" in expanded else expanded


def qualified(name: str) -> str:
    """ "{namespace}local" of "prefix:local"."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def text(parent: Element | None, name: str, default: str = "") -> str:
    """The text of a child ("prefix:local"), without space around it, cut at ``TEXT_MAX``."""
    child = parent.find(qualified(name)) if parent is not None else None
    return (child.text or "").strip()[:TEXT_MAX] if child is not None else default


def escaped(value: object) -> str:
    """As content or in an attribute; what XML cannot hold at all becomes "?"."""
    shown = ("true" if value else "false") if isinstance(value, bool) else str(value)
    shown = _ILLEGAL.sub("?", shown)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def tag(name: str, *children: object, **attributes: object) -> Xml:
    """An element. Children: ``Xml`` as it is, iterables of such, anything else as text. ``token_`` stands for "token"
    and ``tt__Name`` for "tt:Name", for what is no name in Python."""
    shown = "".join(f' {key.replace("__", ":").rstrip("_")}="{escaped(value)}"' for key, value in attributes.items())
    content = "".join(map(_content, children))
    return Xml(f"<{name}{shown}>{content}</{name}>" if content else f"<{name}{shown}/>")


def _content(child: object) -> str:
    if isinstance(child, Xml):
        return child
    if isinstance(child, list | tuple):
        return "".join(map(_content, child))
    return escaped(child)


def document(root: str, content: Xml, namespaces: dict[str, str]) -> bytes:
    """The whole, with ``namespaces`` declared at its root."""
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in namespaces.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{declared}>{content}</{root}>'.encode()
