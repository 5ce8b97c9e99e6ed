"""Every text of the page is in every language: what it says itself, and the registry of settings."""

import re
from functools import cache
from pathlib import Path

import pytest

from config.settings import REGISTRY
from models.event_kinds import MORE
from tests.house.page_texts import (
    CATALOGUES,
    PLACE,
    STATIC,
    catalogue,
    meaning,
    pieces,
    said_by_the_server,
    tokens,
    translated,
    untranslated,
)

EACH = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.stem))


def test_there_is_a_catalogue_for_each_language_but_english() -> None:
    listed = re.search(r"LANGUAGES = \{(.*?)\}", (STATIC / "js" / "lang.js").read_text())
    assert listed
    assert sorted(re.findall(r"(\w\w):", listed[1])) == sorted(["en", *(path.stem for path in CATALOGUES)])


@EACH
def test_a_catalogue_has_what_the_page_says_and_nothing_else(path: Path) -> None:
    page = catalogue(path)["page"]
    assert sorted(page) == sorted(translated())
    for text, forms in translated().items():
        wanted = "a translation" if len(forms) == 1 else "its forms"
        assert isinstance(page[text], str if len(forms) == 1 else dict), f"{text!r} needs {wanted}"


@EACH
def test_a_translation_has_the_values_of_its_text(path: Path) -> None:
    for section in catalogue(path).values():
        for text, translation in section.items():
            for form_ in translation.values() if isinstance(translation, dict) else [translation]:
                assert sorted(PLACE.findall(form_)) == sorted(PLACE.findall(text)), (text, form_)


@EACH
def test_a_catalogue_knows_the_registry_of_settings(path: Path) -> None:
    known = catalogue(path)["server"]
    assert [text for text in _registry() if not meaning(text, known)] == []


@EACH
def test_what_a_catalogue_knows_of_the_server_is_said_there(path: Path) -> None:
    strange = [
        text
        for text in catalogue(path)["server"]
        if text not in _registry() and not all(piece in said_by_the_server() for piece in pieces(text))
    ]
    assert strange == []


def test_all_catalogues_know_the_same_of_the_server() -> None:
    first, *others = (sorted(catalogue(path)["server"]) for path in CATALOGUES)
    assert all(other == first for other in others)


def test_no_text_of_the_page_is_without_translation() -> None:
    assert list(untranslated()) == []


@pytest.mark.parametrize(
    "line",
    [
        'h("p", "Saved.")',
        'h("p", on ? "yes please" : t("No"))',
        'h("input", { placeholder: "name" })',
        "setText(words, `no ${thing}`)",
        'const why = "This is a text.";',
    ],
)
def test_a_text_without_translation_is_found(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.house.page_texts.scripts", lambda: {"js/one.js": tokens(line)})
    assert list(untranslated()) != []


def test_french_marks_stand_apart_and_do_not_break() -> None:
    for section in catalogue(STATIC / "lang" / "fr.json").values():
        for translation in section.values():
            for text in translation.values() if isinstance(translation, dict) else [translation]:
                assert not re.search(r" [:;!?»]|« |'", text), text


@cache
def _registry() -> frozenset[str]:
    said: set[str] = set()
    for setting in REGISTRY.values():
        said |= {setting.group, setting.title, setting.help, setting.default_note}
    for kind in MORE:
        said |= {kind.title, _words(kind.event_type)}
    return frozenset(said - {""})


def _words(event_type: str) -> str:
    """What the page makes of an event type that no table of it names (labels.js)."""
    return event_type.removeprefix("OBJECT_").replace("_", " ").capitalize()
