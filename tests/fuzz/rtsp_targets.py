"""Everything of RTSP that reads bytes of strangers, in one call each: for hypothesis, and for a coverage-guided fuzzer.

With atheris (not a dependency): ``python -m tests.fuzz.rtsp_targets CORPUS_DIR [libFuzzer options]``.
"""

import sys

from models.rtp import rtcp
from models.rtp.packet import parse_header
from models.rtsp import auth, transport, url
from models.rtsp.message import Request
from models.rtsp.parser import BODY_BYTES_MAX, HEAD_BYTES_MAX, InterleavedFrame, Malformed, Parser
from models.rtsp.request_check import SessionFacts, method_of, refusal
from models.rtsp.session_state import SessionState

KEPT_MAX = HEAD_BYTES_MAX + BODY_BYTES_MAX + 4 + 65_535
LOGIN = auth.Login("admin", "secret")
NONCES = auth.Nonces(b"k" * 32)


def connection(data: bytes) -> int:
    """The first byte says how the rest is cut up; how many messages were found."""
    step = 1 + data[0] if data else 1
    parser = Parser()
    found = 0
    for at in range(1, len(data), step):
        for item in parser.feed(data[at : at + step]):
            found += 1
            judge(item)
        assert parser.pending <= KEPT_MAX
    return found


def judge(item: Request | InterleavedFrame | Malformed) -> None:
    """All that a server would look at before it acts."""
    if isinstance(item, InterleavedFrame):
        rtcp.parse(item.payload)
        parse_header(item.payload)
    elif isinstance(item, Request):
        verdict = auth.check(item.headers.get("authorization", ""), (item.method, item.url), LOGIN, NONCES, 1000)
        assert verdict is not auth.Verdict.GRANTED or "authorization" in item.headers
        for state in SessionState:
            answer = refusal(item, "/stream", SessionFacts(item.session_id, state))
            assert answer is not None or method_of(item) is not None
            if answer is not None:
                wire = answer.encode(item.cseq, "now", "fuzz")
                assert wire.count(b"\r\n\r\n") == 1
        transport.choose(item.headers.get("transport", ""))
        assert url.parse(item.url).path.startswith("/")


def main() -> None:
    import atheris  # type: ignore[import-not-found]

    atheris.instrument_all()
    atheris.Setup(sys.argv, connection)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
