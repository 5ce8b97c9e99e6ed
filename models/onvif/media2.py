"""The media service of Profile T (ver20/media): the same tiers in its words."""

from xml.etree.ElementTree import Element

from models.onvif import media
from models.onvif.device_info import VIDEO_SOURCE_CONFIGURATION, Facts, TierFacts
from models.onvif.media import between, encoder_token, resolution, tier_of
from models.onvif.operation import Operation, none_here
from models.onvif.soap import SENDER, Fault
from models.onvif.xml import Xml, qualified, tag, text

SERVED = ("RtspUnicast", "RTSP", "")
H264 = "H264"
AUDIO_NAMES = {"AAC": "MP4A-LATM", "G711": "PCMU"}  # by those of ver10


def capabilities(facts: Facts) -> Xml:
    return tag(
        "tr2:Capabilities",
        tag(
            "tr2:ProfileCapabilities",
            MaximumNumberOfProfiles=len(facts.tiers),
            ConfigurationsSupported="VideoSource VideoEncoder AudioSource AudioEncoder",
        ),
        tag("tr2:StreamingCapabilities", RTSPStreaming=True, RTPMulticast=False, RTP_RTSP_TCP=True),
        SnapshotUri=True,
        Rotation=False,
        VideoSourceMode=False,
        OSD=False,
    )


def _video_encoder(tier: TierFacts, name: str) -> Xml:
    rate = (tag("tt:FrameRateLimit", tier.fps), tag("tt:BitrateLimit", tier.kbps))
    return tag(
        name,
        tag("tt:Name", tier.token),
        tag("tt:UseCount", 1),
        tag("tt:Encoding", H264),
        resolution("tt:Resolution", tier.width, tier.height),
        tag("tt:RateControl", rate, ConstantBitRate=True),
        tag("tt:Quality", tier.quality),
        token=encoder_token(tier),
        GovLength=tier.gop,
        Profile=tier.h264_profile,
    )


def _audio_encoder(facts: Facts, name: str) -> Xml:
    encoding = media.audio_encoding(facts)
    if encoding is None:
        return Xml()
    return tag(
        name,
        tag("tt:Name", encoding[0]),
        tag("tt:UseCount", len(facts.tiers)),
        tag("tt:Encoding", AUDIO_NAMES[encoding[0]]),
        tag("tt:Bitrate", media.AUDIO_KBPS[encoding[0]]),
        tag("tt:SampleRate", encoding[1]),
        token=media.AUDIO_ENCODER,
    )


def _get_profiles(facts: Facts, body: Element) -> Xml:
    """With the kinds of configuration that were asked for; without any: names alone."""
    token = text(body, "tr2:Token")
    kinds = {(one.text or "").strip() for one in body.findall(qualified("tr2:Type"))}
    tiers = [tier_of(facts, token)] if token else facts.tiers
    return tag("tr2:GetProfilesResponse", [_profile(facts, tier, kinds) for tier in tiers])


def _profile(facts: Facts, tier: TierFacts, kinds: set[str]) -> Xml:
    parts = {
        "VideoSource": media.video_source_configuration(facts, "tr2:VideoSource"),
        "AudioSource": media.audio_source_configuration(facts, "tr2:AudioSource"),
        "VideoEncoder": _video_encoder(tier, "tr2:VideoEncoder"),
        "AudioEncoder": _audio_encoder(facts, "tr2:AudioEncoder"),
    }
    shown = [part for kind, part in parts.items() if kind in kinds or "All" in kinds]
    configurations = tag("tr2:Configurations", shown) if any(shown) else Xml()
    return tag("tr2:Profiles", tag("tr2:Name", tier.token), configurations, token=tier.token, fixed=True)


def _asked(facts: Facts, body: Element) -> tuple[TierFacts, ...]:
    """The tiers that a question for configurations means."""
    configuration, profile = text(body, "tr2:ConfigurationToken"), text(body, "tr2:ProfileToken")
    return (media.asked_tier(facts, configuration, profile),) if configuration or profile else facts.tiers


def _get_video_encoder_configurations(facts: Facts, body: Element) -> Xml:
    shown = [_video_encoder(tier, "tr2:Configurations") for tier in _asked(facts, body)]
    return tag("tr2:GetVideoEncoderConfigurationsResponse", shown)


def _get_video_encoder_configuration_options(facts: Facts, body: Element) -> Xml:
    tier = _asked(facts, body)[0]
    options = tag(
        "tr2:Options",
        tag("tt:Encoding", H264),
        between("tt:QualityRange", 0, media.QUALITY_MAX),
        resolution("tt:ResolutionsAvailable", tier.width, tier.height),
        between("tt:BitrateRange", tier.kbps, tier.kbps),
        GovLengthRange=f"{tier.gop} {tier.gop}",
        FrameRatesSupported=tier.fps,
        ProfilesSupported=tier.h264_profile,
        ConstantBitRateSupported=True,
    )
    return tag("tr2:GetVideoEncoderConfigurationOptionsResponse", options)


def _get_video_source_configurations(facts: Facts, body: Element) -> Xml:
    if text(body, "tr2:ConfigurationToken", VIDEO_SOURCE_CONFIGURATION) != VIDEO_SOURCE_CONFIGURATION:
        raise media.no_configuration()
    shown = media.video_source_configuration(facts, "tr2:Configurations")
    return tag("tr2:GetVideoSourceConfigurationsResponse", shown)


def _get_video_source_configuration_options(facts: Facts, _: Element) -> Xml:
    return tag("tr2:GetVideoSourceConfigurationOptionsResponse", media.video_source_options(facts, "tr2:Options"))


def _get_audio_source_configurations(facts: Facts, _: Element) -> Xml:
    shown = media.audio_source_configuration(facts, "tr2:Configurations")
    return tag("tr2:GetAudioSourceConfigurationsResponse", shown)


def _get_audio_encoder_configurations(facts: Facts, _: Element) -> Xml:
    return tag("tr2:GetAudioEncoderConfigurationsResponse", _audio_encoder(facts, "tr2:Configurations"))


def _get_audio_encoder_configuration_options(facts: Facts, _: Element) -> Xml:
    encoding = media.audio_encoding(facts)
    if encoding is None:
        raise media.no_configuration()
    options = tag("tr2:Options", tag("tt:Encoding", AUDIO_NAMES[encoding[0]]), media.audio_lists(encoding))
    return tag("tr2:GetAudioEncoderConfigurationOptionsResponse", options)


def _get_video_encoder_instances(facts: Facts, _: Element) -> Xml:
    count = len(facts.tiers)
    codec = tag("tr2:Codec", tag("tr2:Encoding", H264), tag("tr2:Number", count))
    return tag("tr2:GetVideoEncoderInstancesResponse", tag("tr2:Info", codec, tag("tr2:Total", count)))


def _get_stream_uri(facts: Facts, body: Element) -> Xml:
    if text(body, "tr2:Protocol") not in SERVED:
        raise Fault("Only RTSP is supported", SENDER, "ter:InvalidArgVal", "ter:InvalidStreamSetup")
    tier = tier_of(facts, text(body, "tr2:ProfileToken"))
    return tag("tr2:GetStreamUriResponse", tag("tr2:Uri", media.stream_uri(facts, tier)))


def _get_snapshot_uri(facts: Facts, body: Element) -> Xml:
    tier = tier_of(facts, text(body, "tr2:ProfileToken"))
    return tag("tr2:GetSnapshotUriResponse", tag("tr2:Uri", media.snapshot_uri(facts, tier)))


OPERATIONS: dict[str, Operation] = {
    "GetServiceCapabilities": lambda facts, _: tag("tr2:GetServiceCapabilitiesResponse", capabilities(facts)),
    "GetProfiles": _get_profiles,
    "GetVideoSourceConfigurations": _get_video_source_configurations,
    "GetVideoSourceConfigurationOptions": _get_video_source_configuration_options,
    "GetVideoEncoderConfigurations": _get_video_encoder_configurations,
    "GetVideoEncoderConfigurationOptions": _get_video_encoder_configuration_options,
    "GetVideoEncoderInstances": _get_video_encoder_instances,
    "GetAudioSourceConfigurations": _get_audio_source_configurations,
    "GetAudioEncoderConfigurations": _get_audio_encoder_configurations,
    "GetAudioEncoderConfigurationOptions": _get_audio_encoder_configuration_options,
    "GetStreamUri": _get_stream_uri,
    "GetSnapshotUri": _get_snapshot_uri,
    **none_here(
        "tr2",
        "GetMetadataConfigurations",
        "GetAnalyticsConfigurations",
        "GetAudioOutputConfigurations",
        "GetAudioDecoderConfigurations",
        "GetOSDs",
        "GetMasks",
    ),
}
