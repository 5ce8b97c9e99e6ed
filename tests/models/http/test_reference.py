import json
from pathlib import Path

from models.http.reference import document, in_place

DOCS = Path(__file__).parents[3] / "docs"


def test_the_tables_in_the_manual_are_those_of_the_schema() -> None:
    page = (DOCS / "live.md").read_text(encoding="utf-8")
    assert page == in_place(page), "run scripts/manual"


def test_the_schema_in_the_manual_is_the_schema() -> None:
    assert json.loads((DOCS / "ws_schema.json").read_text(encoding="utf-8")) == document(), "run scripts/manual"
