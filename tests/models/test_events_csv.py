import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import events_csv


def test_the_header_is_the_documents() -> None:
    assert events_csv.header() == (
        "id,type,timestamp,confidence,details,cameraId,resolution,frameRate,lightLevel,motionZones,"
        "thumbnailPath,metadata\r\n"
    )


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_formula_gets_out(cell: str) -> None:
    [row] = csv.reader(io.StringIO(events_csv.lines([[cell]]), newline=""))
    assert row == [f"'{cell}"]


def test_numbers_stay_numbers_and_nothing_is_empty() -> None:
    assert events_csv.lines([[1, "MOTION", -5, None, '{"a":1}']]) == '1,MOTION,-5,,"{""a"":1}"\r\n'


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=2, max_size=4))
def test_any_text_comes_back(cells: list[str]) -> None:
    [row] = csv.reader(io.StringIO(events_csv.lines([cells]), newline=""))
    assert [cell.removeprefix("'") for cell in row] == [cell.removeprefix("'") for cell in cells]
