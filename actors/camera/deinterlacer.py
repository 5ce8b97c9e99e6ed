"""Deinterlaces pictures that are re-encoded anyway."""

from collections.abc import Iterator
from fractions import Fraction

import av
import av.error
import av.filter

NS = 1_000_000_000
BASE = Fraction(1, NS)


class Deinterlacer:
    """FFmpeg's yadif, one picture for two fields; it delays by one picture."""

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._kind: tuple[int, int, str] | None = None

    def pictures(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """``frame.pts`` in ns, and so is that of what comes out."""
        kind = (frame.width, frame.height, frame.format.name)
        if self._graph is None or kind != self._kind:
            self._graph, self._kind = _graph_for(frame), kind
        frame.time_base = BASE
        self._graph.push(frame)
        while True:
            try:
                whole = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(whole, av.VideoFrame)
            if whole.pts is not None and whole.time_base is not None:
                whole.pts = int(whole.pts * whole.time_base * NS)
            yield whole


def _graph_for(frame: av.VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=BASE)
    yadif = graph.add("yadif", "mode=send_frame:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(yadif)
    yadif.link_to(sink)
    graph.configure()
    return graph
