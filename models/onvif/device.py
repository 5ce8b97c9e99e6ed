"""The device service (ver10/device): device information and the addresses of the other services."""

from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element

from models.onvif import device_io, media, media2
from models.onvif.device_info import MANUFACTURER, MODEL, SERVICES, Facts
from models.onvif.event_service import capabilities as event_capabilities
from models.onvif.operation import Operation, none_here
from models.onvif.soap import Fault
from models.onvif.xml import NAMESPACES, Xml, tag, text

SCOPE = "onvif://www.onvif.org/"
CATEGORIES = ("All", "Device", "Events", "Media")
WSDL_URL = "http://www.onvif.org/"


def scopes(facts: Facts) -> tuple[str, ...]:
    """Fixed; clients cannot change them."""
    kinds = ("type/video_encoder", "type/Network_Video_Transmitter", "Profile/Streaming", "Profile/T")
    names = [f"name/{quote(facts.name, safe='')}", f"hardware/{quote(MODEL, safe='')}", "location/unknown"]
    macs = [f"mac/{one.mac}" for one in facts.interfaces[:1] if one.mac]
    sound = ["type/audio_encoder"] if facts.sound else []
    return tuple(SCOPE + one for one in (*kinds, *sound, *names, *macs))


def get_services(facts: Facts, body: Element) -> Xml:
    included = text(body, "tds:IncludeCapability") in ("true", "1")
    made = {
        "tds": _service_capabilities,
        "trt": media.capabilities,
        "tr2": media2.capabilities,
        "tev": event_capabilities,
        "tmd": device_io.capabilities,
    }
    services = [
        tag(
            "tds:Service",
            tag("tds:Namespace", NAMESPACES[prefix]),
            tag("tds:XAddr", facts.address(prefix)),
            tag("tds:Capabilities", made[prefix](facts)) if included else Xml(),
            tag("tds:Version", tag("tt:Major", major), tag("tt:Minor", minor)),
        )
        for prefix, _, (major, minor) in SERVICES
    ]
    return tag("tds:GetServicesResponse", services)


def get_service_capabilities(facts: Facts, _: Element) -> Xml:
    return tag("tds:GetServiceCapabilitiesResponse", _service_capabilities(facts))


def _service_capabilities(facts: Facts) -> Xml:
    network = tag("tds:Network", IPFilter=False, ZeroConfiguration=False, IPVersion6=True, DynDNS=False, NTP=0)
    security = tag(
        "tds:Security",
        **{"TLS1.1": False, "TLS1.2": False, "X.509Token": False},
        OnboardKeyGeneration=False,
        AccessPolicyConfig=False,
        RemoteUserHandling=False,
        SAMLToken=False,
        KerberosToken=False,
        RELToken=False,
        UsernameToken=facts.username_token,
        HttpDigest=True,
        MaxUsers=1,
    )
    system = tag(
        "tds:System",
        DiscoveryResolve=True,
        DiscoveryBye=True,
        RemoteDiscovery=False,
        SystemBackup=False,
        SystemLogging=False,
        FirmwareUpgrade=False,
    )
    return tag("tds:Capabilities", network, security, system)


def get_capabilities(facts: Facts, body: Element) -> Xml:
    """The older list, by category."""
    wanted = text(body, "tds:Category", "All") or "All"
    if wanted not in CATEGORIES:
        raise Fault(
            f"There is no {wanted} here", "s:Receiver", "ter:ActionNotSupported", "ter:NoSuchService", status=500
        )
    parts = {"Device": _device_capabilities, "Events": _event_capabilities, "Media": _media_capabilities}
    shown = [make(facts) for name, make in parts.items() if wanted in (name, "All")]
    extension = tag("tt:Extension", _device_io_capabilities(facts)) if wanted == "All" else Xml()
    return tag("tds:GetCapabilitiesResponse", tag("tds:Capabilities", shown, extension))


def _device_capabilities(facts: Facts) -> Xml:
    names = ("IPFilter", "ZeroConfiguration", "IPVersion6", "DynDNS")
    network = tag("tt:Network", [tag(f"tt:{name}", name == "IPVersion6") for name in names])
    able = ("DiscoveryResolve", "DiscoveryBye")
    unable = ("RemoteDiscovery", "SystemBackup", "SystemLogging", "FirmwareUpgrade")
    system = tag(
        "tt:System",
        [tag(f"tt:{name}", name in able) for name in able + unable],
        tag("tt:SupportedVersions", tag("tt:Major", 24), tag("tt:Minor", 12)),
    )
    io = tag("tt:IO", tag("tt:InputConnectors", 0), tag("tt:RelayOutputs", 0))
    secure = ("TLS1.1", "TLS1.2", "OnboardKeyGeneration", "AccessPolicyConfig", "X.509Token", "SAMLToken",
              "KerberosToken", "RELToken")  # fmt: skip
    security = tag("tt:Security", [tag(f"tt:{name}", False) for name in secure])
    return tag("tt:Device", tag("tt:XAddr", facts.address("tds")), network, system, io, security)


def _event_capabilities(facts: Facts) -> Xml:
    return tag(
        "tt:Events",
        tag("tt:XAddr", facts.address("tev")),
        tag("tt:WSSubscriptionPolicySupport", False),
        tag("tt:WSPullPointSupport", True),
        tag("tt:WSPausableSubscriptionManagerInterfaceSupport", False),
    )


def _media_capabilities(facts: Facts) -> Xml:
    streaming = (tag("tt:RTPMulticast", False), tag("tt:RTP_TCP", True), tag("tt:RTP_RTSP_TCP", True))
    most = tag("tt:ProfileCapabilities", tag("tt:MaximumNumberOfProfiles", len(facts.tiers)))
    return tag(
        "tt:Media",
        tag("tt:XAddr", facts.address("trt")),
        tag("tt:StreamingCapabilities", streaming),
        tag("tt:Extension", most),
    )


def _device_io_capabilities(facts: Facts) -> Xml:
    counts = {"VideoSources": 1, "VideoOutputs": 0, "AudioSources": int(facts.sound), "AudioOutputs": 0}
    counts["RelayOutputs"] = 0
    address = tag("tt:XAddr", facts.address("tmd"))
    return tag("tt:DeviceIO", address, [tag(f"tt:{name}", count) for name, count in counts.items()])


def get_device_information(facts: Facts, _: Element) -> Xml:
    return tag(
        "tds:GetDeviceInformationResponse",
        tag("tds:Manufacturer", MANUFACTURER),
        tag("tds:Model", MODEL),
        tag("tds:FirmwareVersion", facts.version),
        tag("tds:SerialNumber", facts.serial),
        tag("tds:HardwareId", facts.hardware),
    )


def get_system_date_and_time(facts: Facts, _: Element) -> Xml:
    utc = datetime.fromtimestamp(facts.now, UTC)
    return tag(
        "tds:GetSystemDateAndTimeResponse",
        tag(
            "tds:SystemDateAndTime",
            tag("tt:DateTimeType", "NTP"),  # not "Manual": the host keeps the time, and nobody may set it here
            tag("tt:DaylightSavings", False),
            tag("tt:TimeZone", tag("tt:TZ", "UTC0")),
            tag("tt:UTCDateTime", _moment(utc)),
        ),
    )


def _moment(moment: datetime) -> tuple[Xml, Xml]:
    time = (tag("tt:Hour", moment.hour), tag("tt:Minute", moment.minute), tag("tt:Second", moment.second))
    date = (tag("tt:Year", moment.year), tag("tt:Month", moment.month), tag("tt:Day", moment.day))
    return tag("tt:Time", time), tag("tt:Date", date)


def get_scopes(facts: Facts, _: Element) -> Xml:
    shown = (tag("tds:Scopes", tag("tt:ScopeDef", "Fixed"), tag("tt:ScopeItem", one)) for one in scopes(facts))
    return tag("tds:GetScopesResponse", list(shown))


def get_hostname(facts: Facts, _: Element) -> Xml:
    information = tag("tds:HostnameInformation", tag("tt:FromDHCP", False), tag("tt:Name", facts.hostname))
    return tag("tds:GetHostnameResponse", information)


def get_network_interfaces(facts: Facts, _: Element) -> Xml:
    """Home Assistant and UniFi Protect know a device by the last or first hardware address here."""
    shown = []
    for one in facts.interfaces:
        manual = tag("tt:Manual", tag("tt:Address", one.address), tag("tt:PrefixLength", one.prefix))
        shown.append(
            tag(
                "tds:NetworkInterfaces",
                tag("tt:Enabled", True),
                tag("tt:Info", tag("tt:Name", one.name), tag("tt:HwAddress", one.mac), tag("tt:MTU", one.mtu)),
                tag("tt:IPv4", tag("tt:Enabled", True), tag("tt:Config", manual, tag("tt:DHCP", False))),
                token=one.name,
            )
        )
    return tag("tds:GetNetworkInterfacesResponse", shown)


def get_network_protocols(facts: Facts, _: Element) -> Xml:
    ports = {"HTTP": facts.http_port, "RTSP": facts.rtsp_port}
    shown = [
        tag("tds:NetworkProtocols", tag("tt:Name", name), tag("tt:Enabled", True), tag("tt:Port", port))
        for name, port in ports.items()
    ]
    return tag("tds:GetNetworkProtocolsResponse", shown)


def get_network_default_gateway(facts: Facts, _: Element) -> Xml:
    address = tag("tt:IPv4Address", facts.gateway) if facts.gateway else Xml()
    return tag("tds:GetNetworkDefaultGatewayResponse", tag("tds:NetworkGateway", address))


def get_dns(facts: Facts, _: Element) -> Xml:
    def server(address: str) -> Xml:
        kind = "IPv6" if ":" in address else "IPv4"
        return tag("tt:DNSManual", tag("tt:Type", kind), tag(f"tt:{kind}Address", address))

    information = tag("tds:DNSInformation", tag("tt:FromDHCP", False), list(map(server, facts.dns)))
    return tag("tds:GetDNSResponse", information)


def get_ntp(_facts: Facts, _: Element) -> Xml:
    return tag("tds:GetNTPResponse", tag("tds:NTPInformation", tag("tt:FromDHCP", False)))


def get_discovery_mode(_facts: Facts, _: Element) -> Xml:
    return tag("tds:GetDiscoveryModeResponse", tag("tds:DiscoveryMode", "Discoverable"))


def get_users(facts: Facts, _: Element) -> Xml:
    """A viewer: what can be changed is changed in the dashboard."""
    user = tag("tds:User", tag("tt:Username", facts.user), tag("tt:UserLevel", "User")) if facts.user else Xml()
    return tag("tds:GetUsersResponse", user)


def get_endpoint_reference(facts: Facts, _: Element) -> Xml:
    return tag("tds:GetEndpointReferenceResponse", tag("tds:GUID", facts.uuid))


def get_wsdl_url(_facts: Facts, _: Element) -> Xml:
    return tag("tds:GetWsdlUrlResponse", tag("tds:WsdlUrl", WSDL_URL))


BEFORE_LOGIN: dict[str, Operation] = {
    "GetServices": get_services,
    "GetServiceCapabilities": get_service_capabilities,
    "GetCapabilities": get_capabilities,
    "GetSystemDateAndTime": get_system_date_and_time,
    "GetHostname": get_hostname,
    "GetEndpointReference": get_endpoint_reference,
    "GetWsdlUrl": get_wsdl_url,
}
OPERATIONS: dict[str, Operation] = BEFORE_LOGIN | {
    "GetDeviceInformation": get_device_information,
    "GetScopes": get_scopes,
    "GetNetworkInterfaces": get_network_interfaces,
    "GetNetworkProtocols": get_network_protocols,
    "GetNetworkDefaultGateway": get_network_default_gateway,
    "GetDNS": get_dns,
    "GetNTP": get_ntp,
    "GetDiscoveryMode": get_discovery_mode,
    "GetUsers": get_users,
    **none_here("tds", "GetRelayOutputs"),
}
