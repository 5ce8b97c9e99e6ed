"""Events as CSV: RFC 4180, CRLF, no cell that a spreadsheet would take for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

COLUMNS = (
    "id",
    "type",
    "timestamp",
    "confidence",
    "details",
    "cameraId",
    "resolution",
    "frameRate",
    "lightLevel",
    "motionZones",
    "thumbnailPath",
    "metadata",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what makes Excel and its like calculate


def header() -> str:
    return ",".join(COLUMNS) + "\r\n"


def lines(rows: Iterable[Sequence[object]]) -> str:
    """Rows in the order of ``COLUMNS``; None is an empty cell. Numbers stay numbers, text is made harmless."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else value
