"""The use of the allowed sessions, across all session actors. No I/O; ``now`` in seconds."""

from collections import Counter
from dataclasses import dataclass, field, replace

from actors.rtsp.limits import ADMIT_TIMEOUT_S, REPORT_LOST_S
from models.errors import LimitReached
from models.messages.rtsp import RtspSession
from models.messages.rtsp_session import ReportedSession, SessionsReport
from models.security.lockout import client_key


@dataclass(slots=True)
class _Heard:
    report: SessionsReport
    at: float


@dataclass(slots=True)
class SessionQuota:
    """``admit`` takes a place, and reports keep it; an actor that does not report has lost its sessions."""

    _heard: dict[str, _Heard] = field(default_factory=dict)
    _promised: dict[str, tuple[str, str, float]] = field(default_factory=dict)  # session → actor, address, when

    def admit(self, actor: str, session_id: str, address: str, total: int, per_address: int, now: float) -> None:
        """Raises ``LimitReached`` if all places, or those of ``address``, are taken."""
        taken = self._taken(now)
        taken.pop(session_id, None)  # the ask was repeated
        if len(taken) >= total:
            raise LimitReached(f"{total} RTSP sessions are already open")
        if Counter(map(client_key, taken.values()))[client_key(address)] >= per_address:
            raise LimitReached(f"{per_address} RTSP sessions are already open for {address}")
        self._promised[session_id] = actor, address, now

    def report(self, report: SessionsReport, now: float) -> None:
        self._heard[report.actor] = _Heard(report, now)
        for session in report.sessions:
            self._promised.pop(session.session_id, None)

    def serves(self, actor: str, fingerprint: str) -> None:
        """It has just confirmed this in an answer, which its next report will repeat."""
        if actor in self._heard:
            heard = self._heard[actor]
            heard.report = replace(heard.report, fingerprint=fingerprint)

    def gone(self, actor: str) -> None:
        self._heard.pop(actor, None)
        self._promised = {key: value for key, value in self._promised.items() if value[0] != actor}

    def actors(self, now: float) -> dict[str, str]:
        """The running session actors, with the fingerprint of what they serve ("" for nothing)."""
        return {name: heard.report.fingerprint for name, heard in self._heard.items() if now - heard.at < REPORT_LOST_S}

    def views(self, now: float) -> tuple[RtspSession, ...]:
        return tuple(session.view for session in self._sessions(now) if session.view is not None)

    def _sessions(self, now: float) -> list[ReportedSession]:
        living = self.actors(now)
        return [session for name in living for session in self._heard[name].report.sessions]

    def _taken(self, now: float) -> dict[str, str]:
        """Address by session id."""
        fresh = {key: value for key, value in self._promised.items() if now - value[2] < ADMIT_TIMEOUT_S}
        self._promised = fresh
        taken = {session.session_id: session.address for session in self._sessions(now)}
        return taken | {session_id: address for session_id, (_, address, _) in fresh.items()}
