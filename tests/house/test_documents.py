"""The files that documents and scripts name exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
FOLDERS = "actors|api|config|models|pool|scripts|tests|docs|requirements"
PATH = re.compile(rf"(?<![\w./-])(?:{FOLDERS})/[\w./-]*\w/?")
EXAMPLES = {"models/detect/darkness.py"}  # a document has it written by the reader
FILE = re.compile(r"`(\w+\.(?:py|js))`")
PYTHON_SCRIPTS = [
    path
    for path in ROOT.glob("scripts/*")
    if path.is_file() and path.read_text(encoding="utf-8").startswith("#!/usr/bin/env python3")
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_in_documents_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    lost = [path for path in PATH.findall(text) if path not in EXAMPLES and not (ROOT / path).exists()]
    known = {path.name for folder in FOLDERS.split("|") for path in (ROOT / folder).rglob("*.[pj]*")} | {"setup.py"}
    lost += [name for name in FILE.findall(text) if name not in known]
    assert not lost


@pytest.mark.parametrize("script", PYTHON_SCRIPTS, ids=lambda path: path.name)
def test_imports_of_python_scripts_exist(script: Path) -> None:
    imports = [node for node in ast.walk(ast.parse(script.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    ours = [
        node.module.replace(".", "/")
        for node in imports
        if node.module and node.module.split(".")[0] in FOLDERS.split("|")
    ]
    assert all((ROOT / f"{module}.py").exists() or (ROOT / module).is_dir() for module in ours)


def test_files_that_are_mutated_exist() -> None:
    text = (ROOT / "scripts" / "mutants").read_text(encoding="utf-8")
    assert (names := re.findall(r"\w+\.py", text.partition("set -- ")[2].partition("\n")[0]))
    assert [name for name in names if not (ROOT / "actors" / "runtime" / name).exists()] == []
