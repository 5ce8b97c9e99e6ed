"""One RTSP session: the senders of its tracks, its state, and its client's reports."""

import secrets

from actors.rtsp.senders import Sender, UdpSender
from actors.rtsp.stream import Stream
from models.messages.rtsp import RtspSession
from models.rtp import rtcp
from models.rtsp.presentation import Sent
from models.rtsp.request_check import SessionFacts
from models.rtsp.session_state import SessionState
from models.rtsp.url import VIDEO

CNAME = "ipcamera"
RATE_SMOOTHING = 0.3
USER_AGENT_MAX = 120


def printable(text: str) -> str:
    """A client's User-Agent, safe for logs and terminals."""
    return "".join(character for character in text if character.isprintable())[:USER_AGENT_MAX]


class Session:
    """``owner`` is the connection that carries it (TCP) or that it was set up by (UDP)."""

    def __init__(self, stream: Stream, address: str, user_agent: str, owner: object, now: float) -> None:
        self.stream = stream
        self.session_id = secrets.token_hex(12)
        self.address = address
        self.user_agent = printable(user_agent)
        self.owner: object | None = owner
        self.state = SessionState.READY
        self.senders: dict[int, Sender] = {}
        self.started = now
        self.last_seen = now  # request or RTCP
        self._ssrc_loss: dict[int, int] = {}  # fraction lost of 256, by SSRC, from the last receiver report
        self._counted = 0
        self._skipped = (0, 0)
        self._kbps = 0.0
        self._loss = 0.0

    @property
    def facts(self) -> SessionFacts:
        return SessionFacts(self.session_id, self.state)

    @property
    def transport(self) -> str:
        return next((sender.kind for sender in self.senders.values()), "")

    def set_sender(self, track: int, sender: Sender) -> None:
        old = self.senders.pop(track, None)
        if old is not None:
            old.close()
        self.senders[track] = sender

    def plays(self, stream: Stream) -> bool:
        return self.stream is stream and self.state is SessionState.PLAYING

    def start(self, gop: list[Sent], pts: int, wall_ns: int, now: float) -> None:
        """Send reports first (players synchronise with them), then the kept group; the rest follows with ``send``."""
        for sender in self.senders.values():
            if isinstance(sender, UdpSender):
                sender.start()
        self.report(pts, wall_ns, now)
        if VIDEO in self.senders and not gop:
            self.senders[VIDEO].wait_for_key()
        for track, sender in self.senders.items():
            units = [unit for kind, unit in gop if kind == track]
            sender.burst(units, now)
        self.state = SessionState.PLAYING

    def report(self, pts: int, wall_ns: int, now: float) -> None:
        for track, sender in self.senders.items():
            packet = self.stream.presentation.sender_report(track, pts, wall_ns, CNAME)
            if packet:
                sender.send_rtcp(packet, now)

    def heard(self, compound: bytes, now: float) -> None:
        """RTCP from the client."""
        self.last_seen = now
        for block in rtcp.parse(compound).reports:
            if block.ssrc in self._ssrc_loss or len(self._ssrc_loss) < 4:
                self._ssrc_loss[block.ssrc] = block.fraction_lost

    def tick(self, seconds: float) -> None:
        """Compute rates over the last ``seconds``."""
        total = sum(sender.sent_bytes for sender in self.senders.values())
        rate = max(0, total - self._counted) * 8 / 1000 / seconds
        self._kbps += (rate - self._kbps) * (RATE_SMOOTHING if self._kbps else 1.0)
        self._counted = total
        skipped = sum(sender.skipped for sender in self.senders.values())
        sent = sum(sender.sent_packets for sender in self.senders.values())
        new_skipped, new_sent = max(0, skipped - self._skipped[0]), max(0, sent - self._skipped[1])
        self._skipped = (skipped, sent)
        own = 100 * new_skipped / (new_skipped + new_sent) if new_skipped else 0.0
        self._loss = max(own, max(self._ssrc_loss.values(), default=0) * 100 / 256)

    def view(self, now: float) -> RtspSession:
        return RtspSession(
            client=self.address,
            user_agent=self.user_agent,
            transport=self.transport,
            state=self.state.value,
            bitrate_kbps=round(self._kbps, 1),
            loss_percent=round(self._loss, 1),
            seconds=round(now - self.started, 1),
            tier=self.stream.tier,
        )

    def goodbye(self, now: float) -> None:
        """Tell the client by RTCP that the stream has ended."""
        if self.state is not SessionState.PLAYING:
            return
        for track, sender in self.senders.items():
            numbered = self.stream.presentation.track(track)
            if numbered is not None:
                sender.send_rtcp(rtcp.goodbye(numbered.ssrc), now)

    def close(self) -> None:
        for sender in self.senders.values():
            sender.close()
        self.senders.clear()
        self.state = SessionState.INIT
