"""WS-Discovery: whom we answer."""

import pytest

from models.onvif.discovery import GROUP, Device, Question, bye, hello, matches, meant, read
from models.onvif.xml import parse

HERE = Device("urn:uuid:3f9a1c00-0000-0000-0000-000000000000", (
    "onvif://www.onvif.org/Profile/Streaming", "onvif://www.onvif.org/name/Back%20Door"), 7)  # fmt: skip
ENVELOPE = """<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
 xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:n="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>uuid:1</w:MessageID></e:Header>
 <e:Body>{}</e:Body></e:Envelope>"""
RULE = "http://schemas.xmlsoap.org/ws/2005/04/discovery/"


def probe(types: str = "", scopes: str = "", rule: str = "") -> str:
    match_by = f' MatchBy="{RULE}{rule}"' if rule else ""
    return f"<d:Probe><d:Types>{types}</d:Types><d:Scopes{match_by}>{scopes}</d:Scopes></d:Probe>"


def resolve(endpoint: str) -> str:
    address = f"<w:Address>{endpoint}</w:Address>"
    return f"<d:Resolve><w:EndpointReference>{address}</w:EndpointReference></d:Resolve>"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        pytest.param("<d:Probe/>", True, id="everybody"),
        pytest.param(probe("n:NetworkVideoTransmitter"), True, id="cameras"),
        pytest.param(probe("n:NetworkVideoTransmitter n:Device"), True, id="cameras that are devices"),
        pytest.param(probe("n:Printer"), False, id="printers"),
        pytest.param(probe(scopes="onvif://www.onvif.org/Profile/Streaming"), True, id="Home Assistant's scope"),
        pytest.param(probe(scopes="ONVIF://WWW.onvif.org/Profile"), True, id="above it"),
        pytest.param(probe(scopes="onvif://www.onvif.org/Profile/Stream"), False, id="half a segment"),
        pytest.param(probe(scopes="onvif://www.onvif.org/name/Back%20Door onvif://x/y"), False, id="one of two"),
        pytest.param(probe(scopes="onvif://www.onvif.org/Profile", rule="strcmp0"), False, id="not the same text"),
        pytest.param(probe(scopes="onvif://www.onvif.org/Profile/Streaming", rule="strcmp0"), True, id="the same"),
        pytest.param(probe(scopes="onvif://[www.onvif.org/"), False, id="no URI"),
        pytest.param(probe(scopes="x", rule="ldap"), False, id="a rule that we do not know"),
        pytest.param(probe(rule="none"), False, id="those without scopes"),
        pytest.param(resolve(HERE.uuid), True, id="resolve us"),
        pytest.param(resolve("urn:uuid:other"), False, id="resolve another"),
        pytest.param(resolve(""), False, id="resolve nobody"),
    ],
)
def test_whom_we_answer(asked: str, answered: bool) -> None:
    question = read(ENVELOPE.format(asked).encode())
    assert question is not None
    assert meant(question, HERE) is answered


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\xff" * 100,
        ENVELOPE.format(probe(" ".join(f"n:T{n}" for n in range(99)))).encode(),
        ENVELOPE.format("<d:Hello/>").encode(),
        ENVELOPE.format("<d:Probe/>").replace("uuid:1", "").encode(),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + ENVELOPE.format("<d:Probe/>").encode()[21:],
    ],
)
def test_what_is_no_question(datagram: bytes) -> None:
    assert read(datagram) is None


def test_what_we_say_is_well_formed_and_names_us() -> None:
    for question in (Question("uuid:1"), Question("uuid:1", endpoint=HERE.uuid)):
        answer = matches(question, HERE, ["http://192.0.2.1:8000/onvif/device_service"], "urn:uuid:2", 3)
        text = "".join(parse(answer).itertext())
        assert HERE.uuid in text
        assert "http://192.0.2.1:8000/onvif/device_service" in text
    assert HERE.uuid.encode() in hello(HERE, ["http://192.0.2.1/"], "urn:uuid:2", 3)
    assert HERE.uuid.encode() in bye(HERE, "urn:uuid:2", 3)
    assert GROUP == "239.255.255.250"
