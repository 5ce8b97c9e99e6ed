from pathlib import Path

from config.boot_options import OPTIONS
from config.settings import REGISTRY
from config.settings_manual import manual

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_manual_is_the_one_that_the_registry_makes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == manual(), "run scripts/manual"


def test_nothing_is_left_out() -> None:
    text = manual()
    assert all(f"| `{key}` |" in text for key in REGISTRY)
    assert all(f"| `{option.name}` |" in text for option in OPTIONS)
