"""The list of components, and that what is installed is locked."""

import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.weights.catalogue import CATALOGUE
from scripts.ipcamera.main import app

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", name)[0]).lower()


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    found = {normal(match[1]): match[2] for match in LOCKED.finditer(text)}
    assert LOCKED.sub("", text).strip().splitlines() == ["# Made by scripts/lock from pyproject.toml."]
    return found


def test_components_are_a_cyclonedx_document() -> None:
    result = CliRunner().invoke(app, ["version", "--components"])
    document = json.loads(result.stdout)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    components = {one["name"]: one for one in document["components"]}
    for direct in PROJECT["project"]["dependencies"]:
        assert components[normal(direct)]["version"] == version(normal(direct))
    assert "pytest" not in components
    assert {model.file for model in CATALOGUE.values()} <= components.keys()
    refs = {one["bom-ref"] for one in document["components"]} | {"ipcamera"}
    assert len(refs) == len(document["components"]) + 1
    for dependency in document["dependencies"]:
        assert {dependency["ref"], *dependency["dependsOn"]} <= refs


@pytest.mark.parametrize(("name", "extras"), [("run", ["tts"]), ("dev", ["tts", "test", "check"])])
def test_everything_is_locked_by_hashes(name: str, extras: list[str]) -> None:
    wanted = PROJECT["project"]["dependencies"] + [
        one for extra in extras for one in PROJECT["project"]["optional-dependencies"][extra]
    ]
    versions = locked(name)
    assert {normal(one) for one in wanted} <= versions.keys(), "run scripts/lock"
    assert versions.items() <= locked("dev").items()


def test_the_build_backend_is_pinned() -> None:
    assert [f"{name}=={number}" for name, number in locked("build").items()] == PROJECT["build-system"]["requires"]
