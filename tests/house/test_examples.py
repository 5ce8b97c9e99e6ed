"""Whatever an example in the documents is for can read it; tests/wire/test_examples.py types in those of a shell."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
import yaml
from typer.core import TyperGroup
from typer.exceptions import TyperException

from config.boot_load import load_boot
from config.settings import REGISTRY, defaults
from models.mqtt import discovery
from scripts.ipcamera import main
from tests.house.documents import DOCUMENTS, ROOT, SHELLS, Block, blocks, commands, prose, words

INLINE = re.compile(r"`(?:sudo )?(?:\.venv/bin/|scripts/)?(ipcamera [^`]+)`")
PLAIN = re.compile(r"[a-z][a-z-]*")
OPTION = re.compile(r"--[a-z][a-z-]*")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
ENTITY = re.compile(r"\b([a-z_]+)\.nursery_(\w+)")
QUOTED = re.compile(r"\*“(.+?)”\*")
TWO_LINES = re.compile(r'"\s*\n\s*f?"')  # of one text
TEXTS = ("*.py", "*.js", "*.html", "*.json", "*.sh")
main.mount_rooms()
PROGRAM = typer.main.get_command(main.app)


def command_lines() -> Iterator[tuple[str, str]]:
    """(where, the line) of each ``ipcamera …``, in the text and in blocks of any kind."""
    for path in DOCUMENTS:
        for found in INLINE.finditer(prose(path)):
            yield path.name, found[1].replace("\\|", "|")
    for block in blocks(*SHELLS, ""):
        for line in block.text.splitlines():
            start = re.match(r"(?:sudo )?(?:\.venv/bin/)?(ipcamera .*)", line)
            if start:
                yield str(block), re.split(r" {3,}|\s#", start[1])[0]


def misunderstood(line: str) -> str:
    """What the program's own parser does not know in it; "" if it knows all of it."""
    given = line.split()[1:]
    command = PROGRAM
    while isinstance(command, TyperGroup) and given:
        name = given[0].rstrip(",")
        if not PLAIN.fullmatch(name):
            break
        if name not in command.commands:
            return f"there is no {name}"
        command, given = command.commands[name], given[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    unknown = set(OPTION.findall(" ".join(given))) - known - {"--help"}
    if unknown:
        return f"{command.name} has no {', '.join(sorted(unknown))}"
    whole = given and not re.search(r"[\[\]|…=]|\b[A-Z]{2,}\b", " ".join(given))
    if whole and not isinstance(command, TyperGroup):
        try:
            command.make_context(str(command.name), words(" ".join(given)))
        except TyperException as error:
            return str(error)
    return ""


def test_the_program_understands_its_command_lines() -> None:
    found = list(command_lines())
    assert len(found) > 80
    assert [(*one, wrong) for one in found if (wrong := misunderstood(one[1]))] == []


def test_a_command_line_that_is_wrong_is_noticed() -> None:
    assert misunderstood("ipcamera reboot")
    assert misunderstood("ipcamera status --loud")
    assert misunderstood("ipcamera restart camera encoder")


def test_settings_that_are_named_exist() -> None:
    named = [
        (where, key)
        for where, line in command_lines()
        if "settings set" in line
        for key in re.findall(r"\b([a-z]\w+)=", line)
    ]
    assert len(named) > 10
    assert [one for one in named if one[1] not in REGISTRY] == []


@pytest.mark.parametrize("block", list(blocks(*SHELLS)), ids=str)
def test_bash_understands_it(block: Block) -> None:
    assert commands(block)


@pytest.mark.parametrize("block", list(blocks("toml")), ids=str)
def test_the_program_takes_it_as_its_configuration(block: Block, tmp_path: Path) -> None:
    """Lines with dots are for the reader to fill in."""
    file = tmp_path / "ipcamera.toml"
    file.write_text("\n".join(line for line in block.text.splitlines() if "…" not in line), encoding="utf-8")
    load_boot({"data_dir": tmp_path}, {}, file)


@pytest.mark.parametrize("block", list(blocks("yaml")), ids=str)
def test_it_is_yaml(block: Block) -> None:
    assert all(isinstance(document, dict) for document in yaml.safe_load_all(block.text))


@pytest.mark.parametrize("block", list(blocks("json")), ids=str)
def test_it_is_json(block: Block) -> None:
    assert json.loads(block.text)


@pytest.mark.parametrize("block", list(blocks("python")), ids=str)
def test_it_is_python(block: Block) -> None:
    compile(block.text, str(block), "exec")


def test_each_kind_of_block_is_looked_at() -> None:
    """nginx and caddy: tests/wire/test_reverse_proxy.py runs them."""
    known = {*SHELLS, "toml", "yaml", "json", "python", "nginx", "caddy", "text", ""}
    languages = {
        found[1] for path in DOCUMENTS for found in re.finditer(r"^ *```(\w*)\n", path.read_text(), re.MULTILINE)
    }
    assert languages <= known


def test_automations_name_entities_that_home_assistant_has() -> None:
    """An entity id is the device's name and the entity's, as Home Assistant's ``slugify`` writes them."""
    device = discovery.Device("3f9a1c", "Nursery", "0.1.0", torch=True, speech=True, clips=True)
    components = discovery.payload(device, "ipcamera", REGISTRY.values(), defaults(), True)["components"]
    assert isinstance(components, dict)
    there = {
        (str(one["platform"]), re.sub(r"\W+", "_", str(one["name"]).lower()))
        for one in components.values()
        if one.get("name")
    }
    automations = [block.text for block in blocks("yaml") if block.document == "home-assistant.md"]
    named = set(ENTITY.findall("\n".join(automations)))
    assert len(automations) == 3
    assert named
    assert named - there == set()
    for text in automations:
        automation = yaml.safe_load(text)
        assert {"alias", "triggers", "actions", "mode"} <= automation.keys()


def anchors(path: Path) -> set[str]:
    """As GitHub makes them from headings."""
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower()).replace(" ", "-")
        for heading in HEADING.findall(prose(path))
    }


def test_links_lead_somewhere() -> None:
    broken = []
    for path in DOCUMENTS:
        for link in LINK.findall(prose(path)):
            if "://" in link or link.startswith("mailto:"):
                continue
            target, _, anchor = link.partition("#")
            file = (path.parent / target).resolve() if target else path
            if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
                broken.append((path.name, link))
    assert broken == []


def test_every_document_is_reached_from_the_readme() -> None:
    linked = {Path(link.partition("#")[0]).name for link in LINK.findall((ROOT / "README.md").read_text())}
    assert [path.name for path in DOCUMENTS[1:] if path.name not in linked] == ["mutants.md"]  # for contributors


def test_what_the_program_is_said_to_say_it_says() -> None:
    """*“…”* is a quotation: its parts between the dots stand in the program's texts."""
    said = " ".join(
        TWO_LINES.sub("", path.read_text(encoding="utf-8"))
        for room in ("actors", "api", "config", "models", "scripts")
        for kind in TEXTS
        for path in (ROOT / room).rglob(kind)
    )
    quoted = [
        (path.name, part.strip())
        for path in DOCUMENTS
        for text in QUOTED.findall(prose(path))
        for part in re.split("…", text)
    ]
    assert [one for one in quoted if one[1] not in said] == []
