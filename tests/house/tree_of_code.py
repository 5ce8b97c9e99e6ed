"""The project's own Python files, parsed."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("models", "config", "api", "actors", "pool", "scripts")


def files(*floors: str) -> list[Path]:
    return sorted(path for floor in floors or FLOORS for path in (ROOT / floor).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
