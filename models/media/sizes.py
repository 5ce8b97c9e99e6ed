"""Picture sizes: those that a source offers, and the choice among them."""

from models.media.i420 import even

Size = tuple[int, int]  # width, height
STANDARD_HEIGHTS = (240, 360, 480, 720, 1080, 1440, 2160)
STANDARD_RATES = (5, 10, 15, 20, 25, 30, 50, 60)


def parse(text: str) -> Size | None:
    """ "1280x720" → (1280, 720); None for anything else."""
    width, cross, height = text.partition("x")
    if not cross or not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        return None
    return (int(width), int(height)) if int(width) and int(height) else None


def text(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def ladder(native: Size) -> tuple[Size, ...]:
    """The source's own size and the standard heights below it in the same shape, ascending."""
    width, height = native
    below = {(even(width * h / height + 0.999), h) for h in STANDARD_HEIGHTS if h < height}
    return tuple(sorted(below | {(even(width), even(height))}, key=lambda size: (size[0] * size[1], size)))


def choose(wanted: Size | None, offered: tuple[Size, ...]) -> Size:
    """The wanted size where it is offered, else the largest offered one that is not larger, else the smallest."""
    if wanted in offered and wanted is not None:
        return wanted
    if wanted is None:
        return offered[-1]
    smaller = [size for size in offered if size[0] * size[1] <= wanted[0] * wanted[1]]
    return smaller[-1] if smaller else offered[0]


def fitted(size: Size, box: Size) -> Size:
    """The largest size in the shape of ``size`` that fits into ``box`` (turned, for a picture that stands upright)
    and is not larger than ``size``."""
    width, height = size
    box = box if (width >= height) == (box[0] >= box[1]) else box[::-1]
    scale = min(1.0, box[0] / width, box[1] / height)
    return even(width * scale + 0.5), even(height * scale + 0.5)


def rates(highest: float) -> tuple[int, ...]:
    """Pictures per second that a source of ``highest`` can give: its own rate, and those by leaving pictures out."""
    top = max(1, round(highest))
    return tuple(sorted({rate for rate in STANDARD_RATES if rate < top} | {top}))
