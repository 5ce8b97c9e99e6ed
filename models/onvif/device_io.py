"""The device I/O service (ver10/deviceIO): one video source, one microphone at most, no connectors."""

from xml.etree.ElementTree import Element

from models.onvif.device_info import AUDIO_SOURCE, VIDEO_SOURCE, Facts
from models.onvif.operation import Operation, none_here
from models.onvif.xml import Xml, tag


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


OPERATIONS: dict[str, Operation] = {
    "GetServiceCapabilities": _get_service_capabilities,
    "GetVideoSources": _get_video_sources,
    "GetAudioSources": _get_audio_sources,
    **none_here("tmd", "GetAudioOutputs", "GetVideoOutputs", "GetRelayOutputs", "GetDigitalInputs", "GetSerialPorts"),
}
