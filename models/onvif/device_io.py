"""The device I/O service (ver10/deviceIO): one video source, one microphone at most, no connectors."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from models.onvif.facts import AUDIO_SOURCE, VIDEO_SOURCE, Facts
from models.onvif.xml import Xml, tag

Operation = Callable[[Facts, Element], Xml]
NONE_HERE = ("GetAudioOutputs", "GetVideoOutputs", "GetRelayOutputs", "GetDigitalInputs", "GetSerialPorts")


def capabilities(facts: Facts) -> Xml:
    return tag(
        "tmd:Capabilities",
        VideoSources=1,
        VideoOutputs=0,
        AudioSources=int(facts.sound),
        AudioOutputs=0,
        RelayOutputs=0,
        SerialPorts=0,
        DigitalInputs=0,
    )


def _get_service_capabilities(facts: Facts, _: Element) -> Xml:
    return tag("tmd:GetServiceCapabilitiesResponse", capabilities(facts))


def _get_video_sources(_facts: Facts, _: Element) -> Xml:
    return tag("tmd:GetVideoSourcesResponse", tag("tmd:Token", VIDEO_SOURCE))


def _get_audio_sources(facts: Facts, _: Element) -> Xml:
    return tag("tmd:GetAudioSourcesResponse", tag("tmd:Token", AUDIO_SOURCE) if facts.sound else Xml())


def _none_here(operation: str) -> Operation:
    empty = tag(f"tmd:{operation}Response")
    return lambda _facts, _: empty


OPERATIONS: dict[str, Operation] = {
    "GetServiceCapabilities": _get_service_capabilities,
    "GetVideoSources": _get_video_sources,
    "GetAudioSources": _get_audio_sources,
    **{operation: _none_here(operation) for operation in NONE_HERE},
}
