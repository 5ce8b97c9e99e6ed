"""Periodic tasks: timeouts, sender reports, rates."""

import asyncio
import time

from actors.rtsp.connection import Connection
from actors.rtsp.limits import FIRST_REQUEST_S, IDLE_CONNECTION_S, REFUSED_S, SENDER_REPORT_S, STALL_S, STRANGER_S
from actors.rtsp.senders import UdpSender
from actors.rtsp.server import RtspServer
from actors.rtsp.session import Session
from models.rtsp.request_check import SESSION_TIMEOUT_S
from models.rtsp.session_state import SessionState

TICK_S = 1.0


async def run_housekeeping(server: RtspServer) -> None:
    """Runs once a second, without end."""
    ticks = 0
    before = server.now()
    while True:
        await asyncio.sleep(TICK_S)
        ticks += 1
        now = server.now()
        for session in list(server.sessions.values()):
            if gone(session, now):
                server.end(session)
                continue
            session.tick(now - before)
            if session.state is SessionState.PLAYING and ticks % SENDER_REPORT_S == 0:
                session.report(time.monotonic_ns(), time.time_ns(), now)
        for connection in list(server.connections):
            if idle(server, connection, now):
                connection.transport.abort()
        server.demand()
        before = now


def gone(session: Session, now: float) -> bool:
    """Whether the client timed out, or closed its ports. A playing TCP session lives with its connection."""
    if session.transport == "tcp" and session.state is SessionState.PLAYING:
        return False
    if now - session.last_seen > SESSION_TIMEOUT_S:
        return True
    refused = [sender.refused_since for sender in session.senders.values() if isinstance(sender, UdpSender)]
    return any(since is not None and now - since > REFUSED_S for since in refused)


def idle(server: RtspServer, connection: Connection, now: float) -> bool:
    """No request for too long and no session on it, or the client accepts nothing any more."""
    if connection.stalled_for(now) > STALL_S:
        return True
    if any(session.owner is connection for session in server.sessions.values()):
        return False
    if server.connections.is_stranger(connection) and now - connection.opened > STRANGER_S:
        return True
    if connection.last_request is None:
        return now - connection.opened > FIRST_REQUEST_S
    return now - connection.last_request > IDLE_CONNECTION_S
