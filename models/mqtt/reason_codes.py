"""Why a broker said no, in words; and when to try again."""

from models.mqtt.limits import FIRST_RETRY_S, LARGEST_RETRY_S

UNSUPPORTED_VERSION = frozenset({1, 132})
# MQTT 3.1.1 §3.2.2.3 and MQTT 5 §2.4; one table, as the numbers do not overlap
_TEXTS = {
    1: "The broker does not speak this version of MQTT",
    2: "The broker rejects the client ID",
    3: "The broker is not available",
    4: "Wrong user name or password",
    5: "Not authorized",
    128: "The broker refused the connection",
    130: "Protocol error",
    131: "The broker refused the connection",
    132: "The broker does not speak this version of MQTT",
    133: "The broker rejects the client ID",
    134: "Wrong user name or password",
    135: "Not authorized",
    136: "The broker is not available",
    137: "The broker is busy",
    138: "The broker has banned this client",
    139: "The broker is shutting down",
    140: "The broker requires another authentication method",
    141: "The broker received no keep-alive in time",
    142: "Another client with the same client ID has connected",
    144: "The broker refuses the topic name",
    149: "A packet was too large for the broker",
    151: "The broker's quota is exceeded",
    152: "The broker's administrator ended the connection",
    153: "The broker refuses the format of a payload",
    154: "The broker does not keep retained messages",
    155: "The broker does not support the quality of service",
    156: "The broker refers to another server",
    157: "The broker has moved",
    159: "Too many connections in a short time",
}


def text(code: int) -> str:
    """Of a reason code in CONNACK or DISCONNECT."""
    return _TEXTS.get(code, f"The broker gave reason {code}")


def retry_after(failures: int, chance: float) -> float:
    """Seconds before the next try after ``failures`` in a row; ``chance`` (0–1) spreads many cameras."""
    full = min(FIRST_RETRY_S * float(2 ** min(failures - 1, 30)), LARGEST_RETRY_S)
    return full * (0.5 + chance / 2)
