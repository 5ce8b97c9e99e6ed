import runpy
from pathlib import Path

import pytest

from config.boot_options import OPTIONS
from config.settings import REGISTRY
from config.settings_manual import manual

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "settings.md"


def test_the_manual_is_the_one_that_the_registry_makes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == manual(), "run scripts/manual"


def test_nothing_is_left_out() -> None:
    text = manual()
    assert all(f"| `{key}` |" in text for key in REGISTRY)
    assert all(f"| `{option.name}` |" in text for option in OPTIONS)


def test_the_script_runs_and_would_write_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[Path, str] = {}
    monkeypatch.setattr(Path, "write_text", lambda path, text, **_: written.update({path: text}))
    runpy.run_path(str(ROOT / "scripts" / "manual"))
    assert DOCUMENT in written
    assert [path.name for path, text in written.items() if path.read_text(encoding="utf-8") != text] == []
