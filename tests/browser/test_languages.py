"""The page in each of its languages, on a phone: nothing left in English, nothing too wide, its numbers and dates."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE, Opener, Watched
from tests.browser.mock_server import STATIC, MockServer

pytestmark = pytest.mark.browser

LOCALES = {"de": "de-DE", "es": "es-ES", "fr": "fr-FR"}
CONNECTED = {"de": "Verbunden", "es": "Conectado", "fr": "Connecté"}
SETUP = ("name", "camera", "password", "pro", "detectors", "device")
SECTIONS = ("live", "detection", "events", "system", "settings", *(f"setup/{step}" for step in SETUP))

# Every text that somebody sees or hears; inputs hold what people wrote, code and <b> what has a name of its own.
TEXTS = """() => {
  const seen = [];
  const add = (text) => text && text.trim() && seen.push(text.trim());
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (!node.parentElement.closest("code, noscript, [lang]:not(html)")) add(node.data);
    } else for (const name of ["aria-label", "title", "placeholder", "alt"]) add(node.getAttribute(name));
  }
  return seen;
}"""
WIDTH = PHONE["viewport"]["width"]  # innerWidth grows with what is too wide
WIDER = """(WIDTH) => [...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect();
  const scrolls = one.closest(".scroll-x, .recent, .filters, .plane, .visually-hidden");
  return box.width > 0 && box.right > WIDTH + 1 && !scrolls;
}).map((one) => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 60)}`)"""
ENGLISH = re.compile(r"\b(?:the|and|with|is|are|of|this|not|it)\b", re.IGNORECASE)
# What the mock and the people who use it have named, and what is written as it is typed.
NAMED = re.compile(r"CN=IP Camera|Firefox on|mailtos?://|https?://|Aperture|Manual|^Family$|^At night$|TensorFlow")


def english(language: str) -> tuple[set[str], list[re.Pattern[str]]]:
    """The texts, and the templates, that have another form in this language."""
    found: dict[str, Any] = {}
    for section in json.loads((STATIC / "lang" / f"{language}.json").read_text()).values():
        found |= {text: translation for text, translation in section.items() if translation != text}
    same = {text for texts in found.values() for text in (texts.values() if isinstance(texts, dict) else [texts])}
    whole = {text for text in found if "{" not in text} - same
    templates = [text for text in found if len(re.sub(r"\{\w+\}|\W", "", text)) > 4 and "{" in text]
    return whole, [re.compile(".+?".join(map(re.escape, re.split(r"\{\w+\}", text)))) for text in templates]


def left(page: Page, language: str) -> list[str]:
    whole, templates = english(language)
    return sorted(
        {
            text
            for text in page.evaluate(TEXTS)
            if not NAMED.search(text)
            and (text in whole or any(one.fullmatch(text) for one in templates) or ENGLISH.search(text))
        }
    )


def opened(mock: MockServer, open_page: Opener, language: str, section: str = "live") -> Watched:
    mock.world.settings["deviceName"] = "7"  # "Hallway" is a place that the page names
    watched = open_page(mock.url, "phone", section=section, locale=LOCALES[language], expected=["status of 40"])
    expect(watched.page.locator("#connection")).to_have_text(CONNECTED[language], timeout=20_000)
    return watched


@pytest.mark.parametrize("pro", [True, False], ids=["pro", "free"])
@pytest.mark.parametrize("language", LOCALES)
def test_every_section(mock: MockServer, open_page: Opener, language: str, pro: bool) -> None:
    mock.world.pro = pro
    mock.world.fill(200)
    mock.world.missing = {"yamnet"}
    mock.world.degraded = {"motion": "the camera is not plugged in"}
    mock.world.throttle = "thermal"
    page = opened(mock, open_page, language).page
    assert page.locator("html").get_attribute("lang") == language
    faults: list[str] = []
    for section in SECTIONS:
        page.evaluate(f"location.hash = '{section}'")
        page.wait_for_function("name => document.body.dataset.section === name", arg=section.split("/")[0])
        for details in page.locator("main details:not([open]) > summary").all():
            if details.is_visible():
                details.evaluate("summary => summary.parentElement.open = true")
        if section == "settings":
            page.locator("[data-level=advanced]").click()
        page.wait_for_timeout(400)  # what is asked of the server is there
        faults += [f"{section}, in English: {text}" for text in left(page, language)]
        faults += [f"{section}, too wide: {text}" for text in page.evaluate(WIDER, WIDTH)]
        if page.evaluate("document.documentElement.scrollWidth") > WIDTH:
            faults.append(f"{section} is wider than the screen")
    assert faults == []


DIALOGS = {
    "events": ".event-row:not(.system) button",
    "settings": "[data-rule] button.small",
    "system": "#certificate button.small",
    "detection": ".locked button",
}


@pytest.mark.parametrize("language", LOCALES)
def test_dialogs(mock: MockServer, open_page: Opener, language: str) -> None:
    mock.world.fill(20, hours=0.01)
    page = opened(mock, open_page, language).page
    for section, button in DIALOGS.items():
        if section == "detection":
            mock.set_license(False)
        page.evaluate(f"location.hash = '{section}'")
        page.locator(f"#section-{section} {button}").first.click()
        expect(page.locator("dialog[open]")).to_be_visible()
        assert left(page, language) == [], section
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, section
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize("language", LOCALES)
def test_the_door(mock: MockServer, open_page: Opener, language: str) -> None:
    mock.world.auth = True
    page = open_page(mock.url, "phone", locale=LOCALES[language], expected=["status of 40"]).page
    page.locator("input[type=password]").fill("wrong")
    page.locator("button[type=submit]").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    assert left(page, language) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH


FIGURES = {
    "de": ("184.233", r"^(Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag), \d+\. \w+ · "),
    "es": ("184.233", r"^(lunes|martes|miércoles|jueves|viernes|sábado|domingo), \d+ de \w+ · "),
    "fr": ("184\u202f233", r"^(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) \d+ \w+ · "),
}


@pytest.mark.parametrize("language", LOCALES)
def test_numbers_and_dates_are_written_as_there(mock: MockServer, open_page: Opener, language: str) -> None:
    mock.world.fill(20)
    number, day = FIGURES[language]
    page = opened(mock, open_page, language, "system").page
    expect(page.get_by_text(number, exact=True)).to_be_visible()
    expect(page.locator(".gauge").nth(2)).to_contain_text("48,6\u00a0°C")
    page.evaluate("location.hash = 'events'")
    expect(page.locator("#section-events .lead")).to_have_text(re.compile(day))


def test_what_the_server_says_is_translated_where_it_is_known(mock: MockServer, open_page: Opener) -> None:
    page = opened(mock, open_page, "de").page
    curtain = page.locator(".curtain")
    gone = "USB camera Tür (/dev/video0) delivers no more pictures"
    for said, shown in (
        (gone, "USB-Kamera Tür (/dev/video0) liefert keine Bilder mehr."),
        ("something that no catalogue knows", "Something that no catalogue knows."),
    ):
        mock.world.running, mock.world.reason = False, said
        mock.tell_status()
        expect(curtain).to_contain_text(shown)


def test_the_language_can_be_chosen_and_is_kept(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url, "phone", section="settings").page
    page.get_by_label("Language of this page").select_option("fr")
    expect(page.get_by_role("heading", name="Réglages", exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "fr"
    page.reload()
    expect(page.get_by_label("Langue de cette page")).to_have_value("fr")
    page.get_by_label("Langue de cette page").select_option("en")
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()


def test_without_its_catalogue_the_page_is_english(mock: MockServer, open_page: Opener) -> None:
    watched = open_page("about:blank", "phone", section="", locale="de-DE", expected=["Failed to load resource"])
    watched.host = mock.url.split("/")[2]
    watched.context.route("**/lang/de.json", lambda route: route.abort())
    watched.page.goto(mock.url)
    expect(watched.page.locator("#connection")).to_have_text("Connected", timeout=20_000)


def test_a_language_that_is_not_here_is_english(mock: MockServer, open_page: Opener) -> None:
    page = open_page(mock.url, "phone", locale="pl-PL").page
    expect(page.locator("#connection")).to_have_text("Connected", timeout=20_000)
    assert page.locator("html").get_attribute("lang") == "en"


def test_no_english_is_shown_before_the_language_is_there(mock: MockServer, open_page: Opener) -> None:
    seen: list[str] = []

    def hold(route: Route) -> None:
        seen.append(route.request.frame.page.locator("body").inner_text().strip())
        route.continue_()

    watched = open_page("about:blank", "phone", section="", locale="de-DE")
    watched.host = mock.url.split("/")[2]
    watched.context.route("**/lang/de.json", lambda route: hold(route))
    watched.page.goto(mock.url)
    expect(watched.page.locator("#connection")).to_have_text("Verbunden", timeout=20_000)
    assert seen == ["IP Camera"]  # its name


def test_the_catalogues_are_small() -> None:
    """One request on a slow line."""
    assert max(Path(STATIC / "lang" / f"{language}.json").stat().st_size for language in LOCALES) < 100_000
