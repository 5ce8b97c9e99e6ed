"""The media service (ver10/media): the tiers as fixed profiles, of H.264. Nothing can be changed by ONVIF: what the
picture is like is the owner's business, and the login of ONVIF is a viewer's."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from models.onvif.device_info import (
    AUDIO_SOURCE,
    AUDIO_SOURCE_CONFIGURATION,
    SNAPSHOT_PATH,
    VIDEO_SOURCE,
    VIDEO_SOURCE_CONFIGURATION,
    Facts,
    TierFacts,
)
from models.onvif.operation import Operation, none_here
from models.onvif.soap import SENDER, Fault
from models.onvif.xml import Xml, tag, text

SESSION_TIMEOUT = "PT60S"
ENCODINGS = {"aac": ("AAC", 16), "pcmu": ("G711", 8)}  # ONVIF's name, kHz; of Opus it knows none
AUDIO_KBPS = {"AAC": 32, "G711": 64}
QUALITY_MAX = 100
AUDIO_ENCODER = "audio_encoder"


def encoder_token(tier: TierFacts) -> str:
    return f"{tier.token}_encoder"


def audio_encoding(facts: Facts) -> tuple[str, int] | None:
    """ONVIF's name and kHz; None without sound, or with sound that ONVIF has no name for."""
    return ENCODINGS.get(facts.sound_codec) if facts.sound else None


def tier_of(facts: Facts, token: str) -> TierFacts:
    """The tier of a profile's token."""
    found = next((tier for tier in facts.tiers if tier.token == token), None)
    if found is None:
        raise Fault("Unknown profile", SENDER, "ter:InvalidArgVal", "ter:NoProfile")
    return found


def encoded_tier(facts: Facts, token: str) -> TierFacts:
    """The tier of a video encoder configuration's token."""
    found = next((tier for tier in facts.tiers if encoder_token(tier) == token), None)
    if found is None:
        raise no_configuration()
    return found


def no_configuration() -> Fault:
    return Fault("Unknown configuration", SENDER, "ter:InvalidArgVal", "ter:NoConfig")


def stream_uri(facts: Facts, tier: TierFacts) -> str:
    return f"rtsp://{facts.host}:{facts.rtsp_port}{tier.path}"


def snapshot_uri(facts: Facts, tier: TierFacts) -> str:
    return f"{facts.base}{SNAPSHOT_PATH}?profile={tier.token}"


def resolution(name: str, width: int, height: int) -> Xml:
    return tag(name, tag("tt:Width", width), tag("tt:Height", height))


# ---------------------------------------------------------------- what there is
def capabilities(facts: Facts) -> Xml:
    return tag(
        "trt:Capabilities",
        tag("trt:ProfileCapabilities", MaximumNumberOfProfiles=len(facts.tiers)),
        tag("trt:StreamingCapabilities", RTPMulticast=False, RTP_TCP=True, RTP_RTSP_TCP=True),
        SnapshotUri=True,
        Rotation=False,
        VideoSourceMode=False,
        OSD=False,
    )


def video_source_configuration(facts: Facts, name: str) -> Xml:
    main = facts.tiers[0]
    return tag(
        name,
        tag("tt:Name", "Camera"),
        tag("tt:UseCount", len(facts.tiers)),
        tag("tt:SourceToken", VIDEO_SOURCE),
        tag("tt:Bounds", x=0, y=0, width=main.width, height=main.height),
        token=VIDEO_SOURCE_CONFIGURATION,
    )


def audio_source_configuration(facts: Facts, name: str) -> Xml:
    """Nothing where there is no sound for ONVIF."""
    if audio_encoding(facts) is None:
        return Xml()
    return tag(
        name,
        tag("tt:Name", "Microphone"),
        tag("tt:UseCount", len(facts.tiers)),
        tag("tt:SourceToken", AUDIO_SOURCE),
        token=AUDIO_SOURCE_CONFIGURATION,
    )


def multicast() -> Xml:
    address = tag("tt:Address", tag("tt:Type", "IPv4"), tag("tt:IPv4Address", "0.0.0.0"))  # noqa: S104 - none
    return tag("tt:Multicast", address, tag("tt:Port", 0), tag("tt:TTL", 1), tag("tt:AutoStart", False))


def _video_encoder(tier: TierFacts, name: str) -> Xml:
    rate = (tag("tt:FrameRateLimit", tier.fps), tag("tt:EncodingInterval", 1), tag("tt:BitrateLimit", tier.kbps))
    return tag(
        name,
        tag("tt:Name", tier.token),
        tag("tt:UseCount", 1),
        tag("tt:Encoding", "H264"),
        resolution("tt:Resolution", tier.width, tier.height),
        tag("tt:Quality", tier.quality),
        tag("tt:RateControl", rate),
        tag("tt:H264", tag("tt:GovLength", tier.gop), tag("tt:H264Profile", tier.h264_profile)),
        multicast(),
        tag("tt:SessionTimeout", SESSION_TIMEOUT),
        token=encoder_token(tier),
    )


def _audio_encoder(facts: Facts, name: str) -> Xml:
    encoding = audio_encoding(facts)
    if encoding is None:
        return Xml()
    return tag(
        name,
        tag("tt:Name", encoding[0]),
        tag("tt:UseCount", len(facts.tiers)),
        tag("tt:Encoding", encoding[0]),
        tag("tt:Bitrate", AUDIO_KBPS[encoding[0]]),
        tag("tt:SampleRate", encoding[1]),
        multicast(),
        tag("tt:SessionTimeout", SESSION_TIMEOUT),
        token=AUDIO_ENCODER,
    )


def _profile(facts: Facts, tier: TierFacts, name: str) -> Xml:
    return tag(
        name,
        tag("tt:Name", tier.token),
        video_source_configuration(facts, "tt:VideoSourceConfiguration"),
        audio_source_configuration(facts, "tt:AudioSourceConfiguration"),
        _video_encoder(tier, "tt:VideoEncoderConfiguration"),
        _audio_encoder(facts, "tt:AudioEncoderConfiguration"),
        token=tier.token,
        fixed=True,
    )


# ---------------------------------------------------------------- operations
def _get_profiles(facts: Facts, _: Element) -> Xml:
    return tag("trt:GetProfilesResponse", [_profile(facts, tier, "trt:Profiles") for tier in facts.tiers])


def _get_profile(facts: Facts, body: Element) -> Xml:
    tier = tier_of(facts, text(body, "trt:ProfileToken"))
    return tag("trt:GetProfileResponse", _profile(facts, tier, "trt:Profile"))


def _get_video_sources(facts: Facts, _: Element) -> Xml:
    main = facts.tiers[0]
    size = resolution("tt:Resolution", main.width, main.height)
    source = tag("trt:VideoSources", tag("tt:Framerate", main.fps), size, token=VIDEO_SOURCE)
    return tag("trt:GetVideoSourcesResponse", source)


def _get_audio_sources(facts: Facts, _: Element) -> Xml:
    source = tag("trt:AudioSources", tag("tt:Channels", 1), token=AUDIO_SOURCE) if facts.sound else Xml()
    return tag("trt:GetAudioSourcesResponse", source)


def _one(response: str, make: Callable[[Facts, str], Xml], token: str) -> Operation:
    """The configuration that there is, if there is one, asked for by its token."""

    def operation(facts: Facts, body: Element) -> Xml:
        made = make(facts, "trt:Configuration")
        if not made or text(body, "trt:ConfigurationToken") != token:
            raise no_configuration()
        return tag(response, made)

    return operation


def _all(response: str, make: Callable[[Facts, str], Xml]) -> Operation:
    return lambda facts, _: tag(response, make(facts, "trt:Configurations"))


def _video_encoders(facts: Facts, name: str) -> Xml:
    return Xml("".join(_video_encoder(tier, name) for tier in facts.tiers))


def _get_video_encoder_configuration(facts: Facts, body: Element) -> Xml:
    tier = encoded_tier(facts, text(body, "trt:ConfigurationToken"))
    return tag("trt:GetVideoEncoderConfigurationResponse", _video_encoder(tier, "trt:Configuration"))


def asked_tier(facts: Facts, configuration: str, profile: str) -> TierFacts:
    """For operations that take the token of a configuration, of a profile, or of neither."""
    if configuration:
        return encoded_tier(facts, configuration)
    return tier_of(facts, profile) if profile else facts.tiers[0]


def _get_video_encoder_configuration_options(facts: Facts, body: Element) -> Xml:
    """One value each: what is set is what there is."""
    tier = asked_tier(facts, text(body, "trt:ConfigurationToken"), text(body, "trt:ProfileToken"))
    h264 = tag(
        "tt:H264",
        resolution("tt:ResolutionsAvailable", tier.width, tier.height),
        between("tt:GovLengthRange", tier.gop, tier.gop),
        between("tt:FrameRateRange", tier.fps, tier.fps),
        between("tt:EncodingIntervalRange", 1, 1),
        tag("tt:H264ProfilesSupported", tier.h264_profile),
    )
    options = tag("trt:Options", between("tt:QualityRange", 0, QUALITY_MAX), h264)
    return tag("trt:GetVideoEncoderConfigurationOptionsResponse", options)


def between(name: str, least: float, most: float) -> Xml:
    return tag(name, tag("tt:Min", least), tag("tt:Max", most))


def video_source_options(facts: Facts, name: str) -> Xml:
    main = facts.tiers[0]
    bounds = tag(
        "tt:BoundsRange",
        between("tt:XRange", 0, 0),
        between("tt:YRange", 0, 0),
        between("tt:WidthRange", main.width, main.width),
        between("tt:HeightRange", main.height, main.height),
    )
    return tag(name, bounds, tag("tt:VideoSourceTokensAvailable", VIDEO_SOURCE))


def _get_video_source_configuration_options(facts: Facts, _: Element) -> Xml:
    return tag("trt:GetVideoSourceConfigurationOptionsResponse", video_source_options(facts, "trt:Options"))


def audio_lists(encoding: tuple[str, int]) -> list[Xml]:
    rates = (("tt:BitrateList", AUDIO_KBPS[encoding[0]]), ("tt:SampleRateList", encoding[1]))
    return [tag(name, tag("tt:Items", value)) for name, value in rates]


def _get_audio_encoder_configuration_options(facts: Facts, _: Element) -> Xml:
    options = Xml()
    if encoding := audio_encoding(facts):
        options = tag("tt:Options", tag("tt:Encoding", encoding[0]), audio_lists(encoding))
    return tag("trt:GetAudioEncoderConfigurationOptionsResponse", tag("trt:Options", options))


def _get_guaranteed_instances(facts: Facts, _: Element) -> Xml:
    count = len(facts.tiers)
    return tag(
        "trt:GetGuaranteedNumberOfVideoEncoderInstancesResponse", tag("trt:TotalNumber", count), tag("trt:H264", count)
    )


def _get_stream_uri(facts: Facts, body: Element) -> Xml:
    tier = tier_of(facts, text(body, "trt:ProfileToken"))
    return tag("trt:GetStreamUriResponse", _media_uri(stream_uri(facts, tier)))


def _get_snapshot_uri(facts: Facts, body: Element) -> Xml:
    tier = tier_of(facts, text(body, "trt:ProfileToken"))
    return tag("trt:GetSnapshotUriResponse", _media_uri(snapshot_uri(facts, tier)))


def _media_uri(uri: str) -> Xml:
    """Good for ever, as far as we know."""
    return tag(
        "trt:MediaUri",
        tag("tt:Uri", uri),
        tag("tt:InvalidAfterConnect", False),
        tag("tt:InvalidAfterReboot", False),
        tag("tt:Timeout", "PT0S"),
    )


OPERATIONS: dict[str, Operation] = {
    "GetServiceCapabilities": lambda facts, _: tag("trt:GetServiceCapabilitiesResponse", capabilities(facts)),
    "GetProfiles": _get_profiles,
    "GetProfile": _get_profile,
    "GetVideoSources": _get_video_sources,
    "GetAudioSources": _get_audio_sources,
    "GetVideoSourceConfigurations": _all("trt:GetVideoSourceConfigurationsResponse", video_source_configuration),
    "GetCompatibleVideoSourceConfigurations": _all(
        "trt:GetCompatibleVideoSourceConfigurationsResponse", video_source_configuration
    ),
    "GetVideoSourceConfiguration": _one(
        "trt:GetVideoSourceConfigurationResponse", video_source_configuration, VIDEO_SOURCE_CONFIGURATION
    ),
    "GetVideoSourceConfigurationOptions": _get_video_source_configuration_options,
    "GetVideoEncoderConfigurations": _all("trt:GetVideoEncoderConfigurationsResponse", _video_encoders),
    "GetCompatibleVideoEncoderConfigurations": _all(
        "trt:GetCompatibleVideoEncoderConfigurationsResponse", _video_encoders
    ),
    "GetVideoEncoderConfiguration": _get_video_encoder_configuration,
    "GetVideoEncoderConfigurationOptions": _get_video_encoder_configuration_options,
    "GetGuaranteedNumberOfVideoEncoderInstances": _get_guaranteed_instances,
    "GetAudioSourceConfigurations": _all("trt:GetAudioSourceConfigurationsResponse", audio_source_configuration),
    "GetCompatibleAudioSourceConfigurations": _all(
        "trt:GetCompatibleAudioSourceConfigurationsResponse", audio_source_configuration
    ),
    "GetAudioSourceConfiguration": _one(
        "trt:GetAudioSourceConfigurationResponse", audio_source_configuration, AUDIO_SOURCE_CONFIGURATION
    ),
    "GetAudioEncoderConfigurations": _all("trt:GetAudioEncoderConfigurationsResponse", _audio_encoder),
    "GetCompatibleAudioEncoderConfigurations": _all(
        "trt:GetCompatibleAudioEncoderConfigurationsResponse", _audio_encoder
    ),
    "GetAudioEncoderConfiguration": _one("trt:GetAudioEncoderConfigurationResponse", _audio_encoder, AUDIO_ENCODER),
    "GetAudioEncoderConfigurationOptions": _get_audio_encoder_configuration_options,
    "GetStreamUri": _get_stream_uri,
    "GetSnapshotUri": _get_snapshot_uri,
    **none_here(
        "trt",
        "GetMetadataConfigurations",
        "GetVideoAnalyticsConfigurations",
        "GetAudioOutputs",
        "GetAudioOutputConfigurations",
        "GetAudioDecoderConfigurations",
        "GetCompatibleMetadataConfigurations",
        "GetCompatibleVideoAnalyticsConfigurations",
        "GetOSDs",
    ),
}
