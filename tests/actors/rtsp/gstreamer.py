"""GStreamer as a player, judged by what arrives at its sink."""


def player(source: tuple[str, ...], decode: tuple[str, ...], buffers: int) -> tuple[str, ...]:
    """The command that ends after so many buffers, and says each."""
    stages = ("!", *decode, "!") if decode else ("!",)
    return ("gst-launch-1.0", "-v", *source, *stages, "fakesink", f"num-buffers={buffers}", "silent=false")


def arrived(output: str) -> int:
    """Buffers that the sink got."""
    return output.count("last-message = chain")


def complaint(errors: str) -> str:
    """What it says went wrong, other than with itself.

    At its end GStreamer 1.22 may flush its connection while it writes PAUSE, which it then takes for an end of file
    (1 of 200 times); TEARDOWN still comes over the same connection.
    """
    said = errors.count("ERROR")
    return "" if said == 0 or (said == 2 and "gst_rtspsrc_pause" in errors) else errors
