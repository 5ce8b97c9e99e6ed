"""A camera's H.264 made uniform."""

from models.media import annexb


class H264Stream:
    """Access units as the ``video`` ring wants them: Annex-B, parameter sets before each IDR picture."""

    def __init__(self, extradata: bytes) -> None:
        """``extradata``: parameter sets as Annex-B, or an AVCDecoderConfigurationRecord."""
        self._avcc = annexb.parse_avcc(extradata)
        sets = (self._avcc.sps, self._avcc.pps) if self._avcc else annexb.parameter_sets(extradata)
        self._sps, self._pps = sets

    def unit(self, data: bytes) -> tuple[bytes, bool]:
        """(access unit, whether a decoder may begin with it)"""
        stream = annexb.from_avcc(data, self._avcc.length_size) if self._avcc else data
        idr = annexb.has_idr(stream)
        sps, pps = annexb.parameter_sets(stream)
        self._sps, self._pps = sps or self._sps, pps or self._pps
        return annexb.access_unit(stream, self._sps, self._pps), bool(idr and self._sps and self._pps)
