"""Every operation, by a client that checks each answer against ONVIF's own WSDL, and what adopters look for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from config.boot import Boot
from models.media.tier import Tier
from models.messages.encoder import RequestKeyframe
from models.messages.microphone import MicrophoneView
from models.onvif import device, device_io, event_service, media, media2
from models.onvif.xml import parse, qualified
from tests.actors.onvif.onvif_kit import House, envelope, house, token

MAIN = {"ProfileToken": "main"}
SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
ARGUMENTS: dict[str, Any] = {
    "GetCapabilities": {"Category": "All"},
    "GetServices": {"IncludeCapability": True},
    "GetProfile": MAIN,
    "GetSnapshotUri": MAIN,
    "GetStreamUri": {"StreamSetup": SETUP, **MAIN},
    "GetVideoSourceConfiguration": {"ConfigurationToken": "VideoSourceToken"},
    "GetVideoEncoderConfiguration": {"ConfigurationToken": "main_encoder"},
    "GetAudioSourceConfiguration": {"ConfigurationToken": "audio_source_configuration"},
    "GetAudioEncoderConfiguration": {"ConfigurationToken": "audio_encoder"},
    "GetGuaranteedNumberOfVideoEncoderInstances": {"ConfigurationToken": "VideoSourceToken"},
    **{name: MAIN for name in media.OPERATIONS if name.startswith("GetCompatible")},
}
SERVICES = {
    "devicemgmt": device.OPERATIONS,
    "media": media.OPERATIONS,
    "events": event_service.OPERATIONS,
    "deviceio": device_io.OPERATIONS,
}


@pytest.fixture
async def here(boot: Boot) -> AsyncIterator[House]:
    async with house(boot) as made:
        yield made


@pytest.mark.parametrize("name", SERVICES)
async def test_each_operation_answers_as_the_wsdl_says(here: House, name: str) -> None:
    async with here.client() as camera:
        service = await getattr(camera, f"create_{name}_service")()
        for operation in SERVICES[name]:
            await getattr(service, operation)(ARGUMENTS.get(operation))


async def test_what_home_assistant_asks_at_the_setup(here: House) -> None:
    async with here.client() as camera:
        assert (await camera.get_capabilities())["Events"]["WSPullPointSupport"]
        management, service = await camera.create_devicemgmt_service(), await camera.create_media_service()
        assert (await management.GetSystemDateAndTime()).UTCDateTime.Date.Year > 2000
        about = await management.GetDeviceInformation()
        assert about.SerialNumber
        assert (await service.GetServiceCapabilities()).SnapshotUri
        encoders = [profile.VideoEncoderConfiguration for profile in await service.GetProfiles()]
        assert {encoder.Encoding for encoder in encoders} == {"H264"}
        sizes = [(encoder.Resolution.Width, encoder.Resolution.Height) for encoder in encoders]
        assert sizes == [(1280, 720), (640, 360)]
        for token, path in (("main", "/stream"), ("sub", "/stream2")):
            answer = await service.GetStreamUri({"StreamSetup": SETUP, "ProfileToken": token})
            assert answer.Uri == f"rtsp://127.0.0.1:8554{path}"
        for absent in ("ptz", "imaging"):  # else there are buttons that do nothing
            with pytest.raises(Exception, match="support"):
                camera.get_definition(absent)


@pytest.mark.parametrize(
    ("what", "of"),
    [
        ("RateControl.FrameRateLimit", lambda p: p.VideoEncoderConfiguration.RateControl.FrameRateLimit == 30),
        ("RateControl.BitrateLimit", lambda p: p.VideoEncoderConfiguration.RateControl.BitrateLimit > 0),
        ("H.264", lambda p: p.VideoEncoderConfiguration.Encoding == "H264"),
        ("GovLength", lambda p: p.VideoEncoderConfiguration.H264.GovLength > 0),
        ("a resolution", lambda p: p.VideoEncoderConfiguration.Resolution.Width == 1280),
        ("a video source", lambda p: p.VideoSourceConfiguration.SourceToken == "video_source"),
        ("its bounds", lambda p: p.VideoSourceConfiguration.Bounds.height == 720),
        ("a fixed profile with a token", lambda p: p.fixed and p.token == "main"),
    ],
)
async def test_what_unifi_protect_looks_for(here: House, what: str, of: Any) -> None:
    async with here.client() as camera:
        service = await camera.create_media_service()
        main, sub = await service.GetProfiles()
        assert of(main), what
        assert sub.VideoEncoderConfiguration.Resolution.Width < main.VideoEncoderConfiguration.Resolution.Width
        assert sub.VideoSourceConfiguration.token == main.VideoSourceConfiguration.token, "one camera"


async def test_media_of_profile_t(here: House) -> None:
    """onvif-zeep-async has no WSDL of it: what NVRs read, by its names."""
    wanted = "<tr2:GetProfiles><tr2:Token>main</tr2:Token><tr2:Type>All</tr2:Type></tr2:GetProfiles>"
    status, body, _ = await here.post(envelope(wanted, token()), "/onvif/media2_service")
    assert status == 200
    parts = {one.tag.rpartition("}")[2]: one for one in parse(body).iter()}
    assert parts["VideoEncoder"].get("GovLength") == "60"
    assert parts["VideoEncoder"].get("Profile") == "Main"
    assert parts["FrameRateLimit"].text == "30"
    profile = "<tr2:ProfileToken>main</tr2:ProfileToken>"
    stream = f"<tr2:Protocol>RTSP</tr2:Protocol>{profile}"
    _, body, _ = await here.post(envelope(f"<tr2:GetStreamUri>{stream}</tr2:GetStreamUri>", token()))
    assert b"<tr2:Uri>rtsp://127.0.0.1:8554/stream</tr2:Uri>" in body
    for operation in media2.OPERATIONS:
        asked = {"GetStreamUri": stream, "GetSnapshotUri": profile}.get(operation, "")
        status, body, _ = await here.post(envelope(f"<tr2:{operation}>{asked}</tr2:{operation}>", token()))
        assert (status, operation) == (200, operation)
        assert parse(body).find(f".//{qualified(f'tr2:{operation}Response')}") is not None


@pytest.mark.parametrize("prefix", ["trt", "tr2"])
async def test_a_synchronisation_point_of_a_stream_is_a_key_frame(here: House, prefix: str) -> None:
    operation = f"{prefix}:SetSynchronizationPoint"
    asked = f"<{operation}><{prefix}:ProfileToken>{{}}</{prefix}:ProfileToken></{operation}>"
    assert (await here.post(envelope(asked.format("sub"), token())))[0] == 200
    await here.kit.until(lambda: ("encoder", RequestKeyframe(Tier.SUB)) in here.kit.told)
    status, body, _ = await here.post(envelope(asked.format("other"), token()))
    assert status == 400
    assert b"ter:NoProfile" in body


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ("<tds:SystemReboot/>", 500, b"ter:ActionNotSupported"),
        ("<tds:SetUser/>", 500, b"ter:ActionNotSupported"),
        ('<x:Move xmlns:x="urn:none"/>', 500, b"ter:ActionNotSupported"),
        ("<trt:GetProfile><trt:ProfileToken>x</trt:ProfileToken></trt:GetProfile>", 400, b"ter:NoProfile"),
        ("<trt:GetVideoEncoderConfiguration/>", 400, b"ter:NoConfig"),
        ("<wsnt:Renew/>", 400, b"ResourceUnknownFault"),
        ("<tds:GetCapabilities><tds:Category>PTZ</tds:Category></tds:GetCapabilities>", 500, b"ter:NoSuchService"),
    ],
)
async def test_what_there_is_not_is_a_fault(here: House, operation: str, status: int, code: bytes) -> None:
    answered, body, _ = await here.post(envelope(operation, token()))
    assert answered == status
    assert code in body


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("camera.lan:8000", "http://camera.lan:8000/onvif/media_service"),
        ("[2001:db8::1]:8000", "http://[2001:db8::1]:8000/onvif/media_service"),
        ('a"><x', "http://127.0.0.1:{port}/onvif/media_service"),
    ],
)
async def test_addresses_are_those_by_which_we_were_reached(here: House, host: str, shown: str) -> None:
    _, body, _ = await here.post(envelope("<tds:GetServices/>"), headers={"Host": host})
    assert shown.format(port=here.port).encode() in body


async def test_where_there_is_no_microphone_no_sound_is_promised(here: House) -> None:
    asked = envelope("<trt:GetProfiles/>", token())
    assert b"AudioEncoderConfiguration" in (await here.post(asked))[1]
    here.kit.state(MicrophoneView("none", "", -100.0), "microphone")
    await here.kit.until(lambda: here.kit.actor.latest(MicrophoneView))
    assert b"AudioEncoderConfiguration" not in (await here.post(envelope("<trt:GetProfiles/>", token())))[1]
