"""From "quality" (0–100) to bits per second of H.264."""

LEAST_BITS_PER_PIXEL = 0.02
MOST_BITS_PER_PIXEL = 0.25
LEAST_BITRATE = 100_000  # bit/s
MOST_BITRATE = 25_000_000


def bits_per_pixel(quality: int) -> float:
    """Geometric from 0.02 at quality 0 to 0.25 at 100, so that each step of ten looks like the same step."""
    share = min(max(quality, 0), 100) / 100
    return float(LEAST_BITS_PER_PIXEL * (MOST_BITS_PER_PIXEL / LEAST_BITS_PER_PIXEL) ** share)


def bitrate(width: int, height: int, fps: float, quality: int) -> int:
    """Target of the encoder in bit/s for pictures of ``width``×``height`` at ``fps``."""
    return round(min(max(width * height * fps * bits_per_pixel(quality), LEAST_BITRATE), MOST_BITRATE))
