"""Rules of the house that import-linter cannot see."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree_of_code import ROOT, files, name, parsed

IMPURE_CALLS = {"open", "input", "print"}
IMPURE_METHODS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "monotonic_ns"),
    ("time", "sleep"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("os", "environ"),
    ("os", "urandom"),
    ("random", "random"),
    ("secrets", "token_hex"),
    ("secrets", "token_bytes"),
}


def calls(path: Path) -> list[str]:
    found = []
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in IMPURE_CALLS:
            found.append(function.id)
        if isinstance(function, ast.Attribute) and (ast.unparse(function.value), function.attr) in IMPURE_METHODS:
            found.append(ast.unparse(function))
    return found


@pytest.mark.parametrize("path", files("models"), ids=name)
def test_models_has_no_clock_file_or_chance(path: Path) -> None:
    assert calls(path) == [], "time, bytes and random numbers come in as arguments"


def test_a_floor_imports_downward_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("import-linter is not installed (scripts/check installs it)")
    result = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", files(), ids=name)
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400, "split it by what it is about"


@pytest.mark.parametrize("path", files(), ids=name)
def test_no_exception_is_swallowed(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            pytest.fail(f"line {node.lineno}: a bare except")
        caught = ast.unparse(node.type) if isinstance(node, ast.ExceptHandler) and node.type else ""
        if caught in ("Exception", "BaseException") and all(isinstance(line, ast.Pass) for line in node.body):
            pytest.fail(f"line {node.lineno}: everything is caught and nothing is done")


@pytest.mark.parametrize("path", files("models", "config", "api", "actors"), ids=name)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(parsed(path)) or not path.read_text().strip()


def test_only_the_detectors_import_onnxruntime() -> None:
    """Its telemetry is switched off in their package, before the import (docs/privacy.md)."""
    modules = [
        path
        for path in files()
        for node in ast.walk(parsed(path))
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if module.partition(".")[0] == "onnxruntime"
    ]
    assert {path.parent for path in modules} == {ROOT / "actors" / "detector"}
