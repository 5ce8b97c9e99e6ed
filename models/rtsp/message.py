"""RTSP requests and responses (RFC 2326 §6, §7)."""

from dataclasses import dataclass, field
from enum import StrEnum

VERSION = "RTSP/1.0"


class Method(StrEnum):
    OPTIONS = "OPTIONS"
    DESCRIBE = "DESCRIBE"
    SETUP = "SETUP"
    PLAY = "PLAY"
    PAUSE = "PAUSE"
    GET_PARAMETER = "GET_PARAMETER"
    SET_PARAMETER = "SET_PARAMETER"
    TEARDOWN = "TEARDOWN"


class Status:
    """RFC 2326 §7.1.1, those that are sent."""

    OK = 200
    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    NOT_ACCEPTABLE = 406
    TOO_LARGE = 413
    PARAMETER_NOT_UNDERSTOOD = 451
    SESSION_NOT_FOUND = 454
    METHOD_NOT_VALID = 455
    UNSUPPORTED_TRANSPORT = 461
    NOT_IMPLEMENTED = 501
    SERVICE_UNAVAILABLE = 503
    VERSION_NOT_SUPPORTED = 505
    OPTION_NOT_SUPPORTED = 551


REASONS = {
    Status.OK: "OK",
    Status.BAD_REQUEST: "Bad Request",
    Status.UNAUTHORIZED: "Unauthorized",
    Status.FORBIDDEN: "Forbidden",
    Status.NOT_FOUND: "Not Found",
    Status.NOT_ACCEPTABLE: "Not Acceptable",
    Status.TOO_LARGE: "Request Entity Too Large",
    Status.PARAMETER_NOT_UNDERSTOOD: "Parameter Not Understood",
    Status.SESSION_NOT_FOUND: "Session Not Found",
    Status.METHOD_NOT_VALID: "Method Not Valid in This SessionState",
    Status.UNSUPPORTED_TRANSPORT: "Unsupported Transport",
    Status.NOT_IMPLEMENTED: "Not Implemented",
    Status.SERVICE_UNAVAILABLE: "Service Unavailable",
    Status.VERSION_NOT_SUPPORTED: "RTSP Version Not Supported",
    Status.OPTION_NOT_SUPPORTED: "Option Not Supported",
}


@dataclass(frozen=True, slots=True)
class Request:
    """``headers`` by lower-case name; a repeated header is one value, joined by ", " (RFC 2616 §4.2)."""

    method: str
    url: str
    version: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def cseq(self) -> str:
        """CSeq as it was sent; "" where it is missing or no number."""
        value = self.headers.get("cseq", "")
        return value if value.isascii() and value.isdigit() and len(value) <= 10 else ""

    @property
    def session_id(self) -> str:
        return self.headers.get("session", "").partition(";")[0].strip()

    @property
    def keeps_open(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def encode(self, cseq: str, date: str, server: str) -> bytes:
        """The bytes on the wire; ``date`` as in RFC 1123."""
        lines = [f"{VERSION} {self.status} {REASONS[self.status]}"]
        if cseq:
            lines.append(f"CSeq: {cseq}")
        lines += [f"Date: {date}", f"Server: {server}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body
