"""Rules of the house that import-linter cannot see. One test per rule; it names every place that breaks it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.house.tree_of_code import ROOT, files, name, parsed

SCRIPTS = ROOT / "api" / "static" / "js"
IMPORT = re.compile(r'^(?:import|export)\b[^;]*?"(\.[^"]+)";', re.MULTILINE)
LINES_MAX = 400
CAUGHT_ALL = ("Exception", "BaseException")
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


def impure_calls(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in IMPURE_CALLS:
            yield f"{name(path)}:{node.lineno}: {function.id}"
        if isinstance(function, ast.Attribute) and (ast.unparse(function.value), function.attr) in IMPURE_METHODS:
            yield f"{name(path)}:{node.lineno}: {ast.unparse(function)}"


def test_models_has_no_clock_file_or_chance() -> None:
    """Time, bytes and random numbers come in as arguments."""
    assert [call for path in files("models") for call in impure_calls(path)] == []


def test_a_floor_imports_downward_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("import-linter is not installed (scripts/check installs it)")
    result = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_the_dashboards_modules_import_in_no_circle() -> None:
    imports = {
        path: {
            (path.parent / target).resolve()
            for target in re.findall(
                r'^(?:import|export)\b[^;]*?["\'](\.[^"\']+)["\'];', path.read_text(), re.MULTILINE
            )
        }
        for path in SCRIPTS.rglob("*.js")
    }
    assert any(imports.values())
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(path.name for path in error.args[1]))


def test_no_file_is_long() -> None:
    """Split it by what it is about."""
    lengths = {name(path): len(path.read_text().splitlines()) for path in files()}
    assert {path: length for path, length in lengths.items() if length > LINES_MAX} == {}


def swallowed(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        if node.type is None:
            yield f"{name(path)}:{node.lineno}: a bare except"
        elif ast.unparse(node.type) in CAUGHT_ALL and all(isinstance(line, ast.Pass) for line in node.body):
            yield f"{name(path)}:{node.lineno}: everything is caught and nothing is done"


def test_no_exception_is_swallowed() -> None:
    assert [place for path in files() for place in swallowed(path)] == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        name(path)
        for path in files("models", "config", "api", "actors", "pool")
        if path.read_text().strip() and not ast.get_docstring(parsed(path))
    ]
    assert silent == []


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_only_the_detectors_import_onnxruntime() -> None:
    """Its telemetry is switched off in their package, before the import (docs/privacy.md)."""
    rooms = {path.parent for path in files() for module in imported(path) if module.partition(".")[0] == "onnxruntime"}
    assert rooms == {ROOT / "actors" / "detector"}
