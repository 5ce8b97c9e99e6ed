"""The Transport header (RFC 2326 §12.39): what a client offers, and what we take."""

from dataclasses import dataclass

SPECS_MAX = 8


@dataclass(frozen=True, slots=True)
class TcpTransport:
    """RTP and RTCP in the RTSP connection; ``rtp_channel`` None: the client leaves the choice to us."""

    rtp_channel: int | None
    rtcp_channel: int | None


@dataclass(frozen=True, slots=True)
class UdpTransport:
    rtp_port: int
    rtcp_port: int


TransportSpec = TcpTransport | UdpTransport
_UDP_PROTOCOLS = frozenset({"RTP/AVP", "RTP/AVP/UDP"})
_TCP_PROTOCOL = "RTP/AVP/TCP"


def choose(header: str, udp: bool = True) -> TransportSpec | None:
    """The first offer that can be met, in the client's order of preference; None: 461.

    ``udp`` False: only within the connection, because it is encrypted and UDP would not be.

    ``destination`` is not looked at: packets go to the address that asked for them, and to no third party.
    """
    for spec in header.split(",")[:SPECS_MAX]:
        protocol, *parameters = [part.strip() for part in spec.split(";")]
        if "multicast" in (parameter.lower() for parameter in parameters):
            continue
        values = dict(_name_and_value(parameter) for parameter in parameters)
        if values.get("mode", "play").strip('"').lower() != "play":
            continue
        chosen: TransportSpec | None = None
        if protocol.upper() == _TCP_PROTOCOL:
            chosen = _tcp(values)
        elif udp and protocol.upper() in _UDP_PROTOCOLS:
            chosen = _udp(values)
        if chosen is not None:
            return chosen
    return None


def tcp_header(rtp_channel: int, rtcp_channel: int, ssrc: int) -> str:
    return f'{_TCP_PROTOCOL};unicast;interleaved={rtp_channel}-{rtcp_channel};ssrc={ssrc:08X};mode="PLAY"'


def udp_header(client: UdpTransport, server_rtp_port: int, server_rtcp_port: int, ssrc: int) -> str:
    return (
        f"RTP/AVP;unicast;client_port={client.rtp_port}-{client.rtcp_port};"
        f'server_port={server_rtp_port}-{server_rtcp_port};ssrc={ssrc:08X};mode="PLAY"'
    )


def _name_and_value(parameter: str) -> tuple[str, str]:
    name, _, value = parameter.partition("=")
    return name.strip().lower(), value.strip()


def _tcp(values: dict[str, str]) -> TcpTransport | None:
    if "interleaved" not in values:
        return TcpTransport(None, None)
    pair = _pair(values["interleaved"], 255)
    return TcpTransport(*pair) if pair else None


def _udp(values: dict[str, str]) -> UdpTransport | None:
    pair = _pair(values.get("client_port", ""), 65_535)
    return UdpTransport(*pair) if pair and pair[0] > 0 else None


def _pair(text: str, largest: int) -> tuple[int, int] | None:
    """``"6970-6971"``, or ``"6970"`` for that and the next one."""
    first, dash, second = text.partition("-")
    low = _number(first)
    high = _number(second) if dash else low + 1
    if 0 <= low <= largest and 0 <= high <= largest and low != high:
        return low, high
    return None


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1
