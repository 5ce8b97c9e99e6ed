"""What cannot be read as a request ends as a fault, at once and within bounds."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.onvif import soap
from models.onvif.limits import ATTRIBUTES_MAX, DEPTH_MAX, ELEMENTS_MAX
from models.onvif.soap import Fault
from models.onvif.xml import MalformedError, document, escaped, parse, tag

ENVELOPE = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{}</s:Body></s:Envelope>'
LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
BOMB = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]><x>&l9;</x>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
MANY = " ".join(f"b{n}='1'" for n in range(ATTRIBUTES_MAX + 1))
ASK = '<GetProfiles xmlns="http://www.onvif.org/ver10/media/wsdl"/>'


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(BOMB, id="a billion laughs"),
        pytest.param(EXTERNAL, id="an external entity"),
        pytest.param('<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd"><x/>', id="an external DTD"),
        pytest.param("<a>" * (DEPTH_MAX + 1) + "</a>" * (DEPTH_MAX + 1), id="too deep"),
        pytest.param(f"<a>{'<b/>' * ELEMENTS_MAX}</a>", id="too many elements"),
        pytest.param(f"<a {MANY}/>", id="too many attributes"),
        pytest.param("<a>" * 100_000, id="deep and truncated"),
        pytest.param("", id="nothing"),
        pytest.param("\0\1\2", id="no text"),
        pytest.param('<?xml version="1.0" encoding="nonsense"?><a/>', id="an encoding that nobody knows"),
        pytest.param("<a>&nbsp;</a>", id="an undefined entity"),
        pytest.param("<a b='1' b='2'/>", id="an attribute twice"),
        pytest.param("<x:a/>", id="a prefix without a namespace"),
    ],
)
def test_refused_at_once_and_without_memory(data: str) -> None:
    tracemalloc.start()
    with pytest.raises(MalformedError):
        parse(data.encode())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(ENVELOPE.format(ASK)[:-20], "ter:WellFormed", id="truncated"),
        pytest.param(ENVELOPE.format(""), "ter:WellFormed", id="no operation"),
        pytest.param(ENVELOPE.format(ASK * 2), "ter:WellFormed", id="two operations"),
        pytest.param(ENVELOPE.format("<GetProfiles/>"), "ter:WellFormed", id="no namespace"),
        pytest.param(
            ENVELOPE.replace("2003/05/soap-envelope", "soap").format(ASK), "s:VersionMismatch", id="another SOAP"
        ),
        pytest.param("<html/>", "s:VersionMismatch", id="no SOAP"),
        pytest.param(BOMB, "ter:WellFormed", id="a bomb"),
    ],
)
def test_what_is_no_request_is_a_fault(data: str, code: str) -> None:
    with pytest.raises(Fault) as caught:
        soap.read(data.encode())
    assert code in caught.value.codes
    assert caught.value.status == 400
    assert b"Fault" in soap.fault(caught.value)


@given(st.binary(max_size=2000))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    try:
        soap.read(data)
    except Fault as fault:
        parse(soap.fault(fault))


@given(st.text(max_size=200))
def test_whatever_is_said_is_well_formed(text: str) -> None:
    root = parse(document("a", tag("b", text, c=text), {}))
    assert root[0].get("c") is not None


def test_text_is_escaped_and_xml_is_not() -> None:
    assert tag("a", "<&>", tag("b", True), x='"') == '<a x="&quot;">&lt;&amp;&gt;<b>true</b></a>'
    assert escaped("\0\ud800") == "??"
