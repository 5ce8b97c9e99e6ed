"""Checks of a request before it is carried out (RFC 2326 §10–§12). No I/O, no clock."""

from dataclasses import dataclass

from models.rtsp import session_state, url
from models.rtsp.message import VERSION, Method, Request, Response, Status
from models.rtsp.session_state import SessionState

SESSION_TIMEOUT_S = 60
UNDERSTOOD_OPTIONS = frozenset({"play.basic", "play.scale"})  # RFC 7826 §11.1: what a plain live stream offers anyway
PUBLIC = ", ".join(Method)
SDP_TYPE = "application/sdp"


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session as a request finds it."""

    session_id: str
    state: SessionState


def method_of(request: Request) -> Method | None:
    return Method(request.method) if request.method in Method.__members__ else None


def refusal(request: Request, path: str, session: SessionFacts | None) -> Response | None:
    """The response to a request that must be refused, None if it is valid.

    ``session`` is the one that the request names, None where it names none or an unknown one.
    """
    if request.version != VERSION:
        return Response(Status.VERSION_NOT_SUPPORTED)
    if not request.cseq:
        return Response(Status.BAD_REQUEST)
    method = method_of(request)
    if method is None:
        return Response(Status.NOT_IMPLEMENTED, (("Public", PUBLIC),))
    unknown = _unsupported(request.headers.get("require", "") or request.headers.get("proxy-require", ""))
    if unknown:
        return Response(Status.OPTION_NOT_SUPPORTED, (("Unsupported", unknown),))
    if request.session_id and session is None:
        return Response(Status.SESSION_NOT_FOUND)
    if session is None and method in session_state.NEEDS_SESSION:
        return Response(Status.SESSION_NOT_FOUND)
    if not serves(request.url, path, method):
        return Response(Status.NOT_FOUND)
    if session_state.after(session.state if session else SessionState.INIT, method) is None:
        allowed = ", ".join(
            m for m in Method if session_state.after(session.state if session else SessionState.INIT, m) is not None
        )
        return Response(Status.METHOD_NOT_VALID, (("Allow", allowed),))
    return _content_refusal(request, method)


def serves(request_url: str, path: str, method: Method) -> bool:
    """The configured path, that of the small stream, or "/", with or without a slash, a query or a track behind it."""
    if request_url == "*":
        return method in session_state.STATELESS and method is not Method.DESCRIBE
    target = url.parse(request_url)
    if target.track is not None and target.track not in (url.VIDEO, url.AUDIO):
        return False
    return target.path in ("/", path, path + url.SUB_SUFFIX) or method is Method.OPTIONS


def _content_refusal(request: Request, method: Method) -> Response | None:
    accept = request.headers.get("accept", "").lower()
    if method is Method.DESCRIBE and accept and SDP_TYPE not in accept and "*" not in accept:
        return Response(Status.NOT_ACCEPTABLE)
    if method is Method.SET_PARAMETER and request.body.strip():
        return Response(Status.PARAMETER_NOT_UNDERSTOOD)
    return None


def _unsupported(require: str) -> str:
    options = [option.strip() for option in require.split(",")]
    return ", ".join(option for option in options if option and option not in UNDERSTOOD_OPTIONS)
