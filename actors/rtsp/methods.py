"""The methods (RFC 2326 §10). ``models.rtsp.request_check.refusal`` has already refused invalid requests."""

import time
from collections.abc import Awaitable, Callable

from actors.rtsp.connection import Connection
from actors.rtsp.limits import FIRST_PICTURE_S, GOP_FRESH_S, GOP_SHOWN_S, KEY_WAIT_S, LINGER_S
from actors.rtsp.listener import udp_pair
from actors.rtsp.senders import TcpSender, UdpSender
from actors.rtsp.server import RtspServer
from actors.rtsp.session import Session
from models.errors import ServerError
from models.media.tier import Tier
from models.rtsp import auth, transport, url
from models.rtsp.message import Method, Request, Response, Status
from models.rtsp.presentation import Sent, hurried
from models.rtsp.request_check import PUBLIC, SDP_TYPE, SESSION_TIMEOUT_S, method_of, refusal
from models.rtsp.sdp import session_description
from models.rtsp.session_state import SessionState

Handler = Callable[[RtspServer, Connection, Request, Session | None], Awaitable[Response]]
UNAVAILABLE = Response(Status.SERVICE_UNAVAILABLE, (("Retry-After", "5"),))


async def answer(server: RtspServer, connection: Connection, request: Request) -> None:
    """Answer one request, and start sending if it is a PLAY."""
    session = server.find(connection, request.session_id)
    if session is not None:
        session.last_seen = server.now()
    serving = server.serving
    if serving is None:
        connection.reply(UNAVAILABLE, request.cseq)
        return
    method = method_of(request)
    login = auth.Login(serving.username, serving.password)
    asks = method is not Method.OPTIONS and login.asked_for
    refused = await _login(server, connection, request, login) if asks else None
    refused = refused or refusal(request, serving.path, session.facts if session else None)
    if refused is not None or method is None:
        connection.reply(refused or UNAVAILABLE, request.cseq)
        return
    if method is Method.PLAY and session is not None:
        await _play(server, connection, request, session)
        return
    try:
        response = await HANDLERS[method](server, connection, request, session)
    except ServerError:
        response = UNAVAILABLE  # no place, no port, or the manager is unavailable: the client may retry
    connection.reply(response, request.cseq)


async def _login(server: RtspServer, connection: Connection, request: Request, login: auth.Login) -> Response | None:
    """The same answer, whatever was wrong."""
    # A logged-in client stays logged in, whatever others try from the same address.
    if not connection.logged_in and (remaining := await server.logins.may_try(connection.peer)):
        return Response(Status.FORBIDDEN, (("Retry-After", str(remaining)),))
    now_s = int(server.now())
    shown = request.headers.get("authorization", "")
    verdict = auth.check(shown, (request.method, request.url), login, connection.nonces, now_s)
    if verdict is auth.Verdict.GRANTED:
        server.logins.succeeded(connection.peer)
        if not server.promote(connection):
            return UNAVAILABLE
        connection.logged_in = True
        return None
    if verdict is auth.Verdict.WRONG:
        server.logins.failed(connection.peer)
    return Response(Status.UNAUTHORIZED, auth.challenges(connection.nonces.make(now_s), verdict is auth.Verdict.STALE))


def _session_header(session: Session) -> tuple[str, str]:
    return "Session", f"{session.session_id};timeout={SESSION_TIMEOUT_S}"


async def _options(_server: RtspServer, _connection: Connection, _request: Request, _: Session | None) -> Response:
    return Response(Status.OK, (("Public", PUBLIC),))


async def _describe(server: RtspServer, connection: Connection, request: Request, _session: Session | None) -> Response:
    stream = server.stream(request)
    presentation = stream.presentation
    if not await stream.described() or (video := presentation.video_format) is None:
        return UNAVAILABLE
    asked = url.parse(request.url)
    sound = presentation.audio_format if stream.sound and asked.query.get("audio") != "0" else None
    title = server.device_name, server.description_id, presentation.version
    text = session_description(*title, connection.local, video, sound)
    base = asked.base if stream.tier == Tier.MAIN else url.sub_base(asked, server.path)  # a query is not repeated
    headers = (("Content-Base", base + "/"), ("Content-Type", SDP_TYPE), ("Cache-Control", "no-cache"))
    return Response(Status.OK, headers, text.encode())


async def _setup(server: RtspServer, connection: Connection, request: Request, session: Session | None) -> Response:
    stream = server.stream(request) if session is None else session.stream
    if not stream.streaming:
        return UNAVAILABLE
    track = url.parse(request.url).track or url.VIDEO
    numbered = stream.presentation.track(track)
    if numbered is None:
        return Response(Status.NOT_FOUND)
    spec = transport.choose(request.headers.get("transport", ""), udp=not connection.secure)
    if spec is None or (session is not None and session.transport not in ("", _kind(spec))):
        return Response(Status.UNSUPPORTED_TRANSPORT)
    if session is None:
        session = await server.open_session(stream, connection, request.headers.get("user-agent", ""))
    if isinstance(spec, transport.TcpTransport):
        channels = _channels(connection, spec, (session.session_id, track)) if session.owner is connection else None
        if channels is None:
            return _undo(server, session, Response(Status.UNSUPPORTED_TRANSPORT))
        session.set_sender(track, TcpSender(connection, *channels))
        chosen = transport.tcp_header(*channels, numbered.ssrc)
    else:
        try:
            pair = udp_pair(connection.local)
        except ServerError:
            return _undo(server, session, UNAVAILABLE)
        session_id = session.session_id
        sender = UdpSender(pair, connection.peer, spec, lambda data: server.heard(session_id, data))
        session.set_sender(track, sender)
        if session.state is SessionState.PLAYING:
            sender.start()
        chosen = transport.udp_header(spec, *sender.server_ports, numbered.ssrc)
    stream.demand(LINGER_S)
    server.changed()
    return Response(Status.OK, (("Transport", chosen), _session_header(session)))


def _kind(spec: transport.TransportSpec) -> str:
    return "tcp" if isinstance(spec, transport.TcpTransport) else "udp"


def _undo(server: RtspServer, session: Session, response: Response) -> Response:
    """A session without a track is removed."""
    if not session.senders:
        server.end(session)
    return response


def _channels(connection: Connection, spec: transport.TcpTransport, owner: tuple[str, int]) -> tuple[int, int] | None:
    named = spec.rtp_channel is not None and spec.rtcp_channel is not None
    return connection.take_channels((spec.rtp_channel or 0, spec.rtcp_channel or 0) if named else None, owner)


async def _play(server: RtspServer, connection: Connection, request: Request, session: Session) -> None:
    """Answered when the first IDR is there, so that RTP-Info matches the first packet."""
    headers = [_session_header(session), ("Range", "npt=now-")]
    if session.state is SessionState.PLAYING:
        connection.reply(Response(Status.OK, tuple(headers)), request.cseq)
        return
    session.stream.demand(LINGER_S)
    gop = await _first_group(server, session)
    if not server.has_session(session.session_id):
        connection.reply(Response(Status.SESSION_NOT_FOUND), request.cseq)
        return
    if gop:
        headers.append(("RTP-Info", _rtp_info(session, gop, url.parse(request.url).base)))
    connection.reply(Response(Status.OK, tuple(headers)), request.cseq)
    session.start(gop, time.monotonic_ns(), time.time_ns(), server.now())
    server.changed()


async def _first_group(server: RtspServer, session: Session) -> list[Sent]:
    """The kept group if it has just begun, otherwise a new one, or the kept one if keyframes cannot be requested."""
    stream, presentation = session.stream, session.stream.presentation
    if url.VIDEO not in session.senders:
        return []
    begin = server.now()
    patience = KEY_WAIT_S if stream.obeys else 0.0
    while not _is_fresh(presentation.gop_pts):
        left = begin + (patience if presentation.gop else FIRST_PICTURE_S) - server.now()
        if left <= 0:
            break
        stream.request_keyframe()
        await stream.wait_for_news(min(left, 0.5))
    await stream.caught_up()
    return hurried(presentation.gop, GOP_SHOWN_S)


def _is_fresh(pts: int | None) -> bool:
    return pts is not None and time.monotonic_ns() - pts < GOP_FRESH_S * 1e9


def _rtp_info(session: Session, gop: list[Sent], base: str) -> str:
    """RFC 2326 §12.33. All times refer to the same moment, that of the first picture."""
    pts = gop[0][1].pts
    parts = []
    for track, sender in session.senders.items():
        first = next((unit for kind, unit in gop if kind == track), None)
        timestamp = first.timestamp if first else session.stream.presentation.timestamp(track, pts)
        number = f";seq={sender.first_number(first)}" if first else ""
        parts.append(f"url={url.track_url(base, track)}{number};rtptime={timestamp}")
    return ",".join(parts)


async def _pause(server: RtspServer, _c: Connection, _request: Request, session: Session | None) -> Response:
    assert session is not None
    session.state = SessionState.READY
    session.stream.demand(LINGER_S)
    server.changed()
    return Response(Status.OK, (_session_header(session),))


async def _parameter(_s: RtspServer, _c: Connection, _request: Request, session: Session | None) -> Response:
    return Response(Status.OK, (_session_header(session),) if session else ())


async def _teardown(server: RtspServer, _c: Connection, request: Request, session: Session | None) -> Response:
    assert session is not None
    server.end(session)
    return Response(Status.OK, (("Session", request.session_id),))


HANDLERS: dict[Method, Handler] = {
    Method.OPTIONS: _options,
    Method.DESCRIBE: _describe,
    Method.SETUP: _setup,
    Method.PAUSE: _pause,
    Method.GET_PARAMETER: _parameter,
    Method.SET_PARAMETER: _parameter,
    Method.TEARDOWN: _teardown,
}
