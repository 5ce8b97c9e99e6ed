"""Detector cards: made from the registry, live meters, plain words, reasons."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from models.event_kinds import MORE
from tests.browser.conftest import CONNECTED, Opener
from tests.browser.mock_server import MockServer

pytestmark = pytest.mark.browser
KEYS = ["motion", "sound", "dogBark", "babyCry", "person", "dog"]


@pytest.fixture
def detection(mock: MockServer, open_page: Opener, size: str) -> Page:
    mock.world.fill(60)
    watched = open_page(mock.url, size, section="detection")
    watched.page.wait_for_selector("[data-detector]")
    return watched.page


def test_a_card_for_each_detector(detection: Page) -> None:
    cards = detection.locator("[data-detector]:not(details *)")
    expect(detection.locator("details [data-detector]")).to_have_count(len(MORE))
    expect(cards).to_have_count(6)
    assert cards.evaluate_all("(all) => all.map((card) => card.dataset.detector)") == KEYS
    expect(detection.get_by_text("Object detection rate")).to_be_visible()
    expect(cards.first.locator(".last-events li").first).to_contain_text("of the picture changed")


def test_a_switch_is_stored_and_followed(mock: MockServer, detection: Page) -> None:
    card = detection.locator("[data-detector=motion]")
    expect(card).to_contain_text("Off")
    card.get_by_role("switch", name="Motion detection").check()
    expect(card).to_contain_text("Watching")
    assert mock.world.settings["motionEnabled"] is True
    mock.world.settings["motionEnabled"] = False  # somebody else
    mock.tell({"type": "settings", "data": mock.world.all_settings(), "changed": ["motionEnabled"], "source": "mqtt"})
    expect(card.get_by_role("switch")).not_to_be_checked(timeout=1000)


def test_sliders_speak_in_plain_words(mock: MockServer, detection: Page) -> None:
    slider = detection.get_by_label("Motion sensitivity")
    with detection.expect_response("**/settings"):
        slider.fill("10")
        expect(detection.get_by_text("Reports when about 0.1% of the picture changes.")).to_be_visible()
    assert mock.world.settings["motionSensitivity"] == 10
    detection.get_by_label("Sound sensitivity").fill("50")
    expect(detection.get_by_text("Reports sounds of −35 dB and louder")).to_be_visible()


def test_the_meter_shows_value_threshold_and_veto(mock: MockServer, open_page: Opener, size: str) -> None:
    mock.world.settings |= {"motionEnabled": True, "dogBarkClassificationEnabled": True}
    watched = open_page(mock.url, size, section="detection")
    page = watched.page
    page.wait_for_selector("[data-detector=motion] >> text=Watching")
    for value in (0.2, 1.0, 2.4):
        motion = {"key": "motion", "value": value, "threshold": 1.9, "unit": "%", "note": "light changed"}
        bark = {"key": "dog_bark", "value": 40.0, "threshold": 60.0, "unit": "%", "note": ""}
        mock.tell({"type": "levels", "levels": [motion, bark]})
        page.wait_for_timeout(220)
    expect(page.locator("[data-detector=motion] .reading.over")).to_have_text("2.4% / 1.9%")
    expect(page.locator("[data-detector=motion] .note")).to_have_text("light changed")
    expect(page.locator("[data-detector=dogBark] .reading")).to_have_text("40% / 60%")
    watched.shot("detection")


def test_a_degraded_detector_says_why_and_what_to_do(mock: MockServer, detection: Page) -> None:
    mock.world.settings["objectPersonDetectionEnabled"] = True
    mock.world.degraded = {"person": "The model yolox_nano is missing: fetch it under Detection"}
    mock.tell_status()
    card = detection.locator("[data-detector=person]")
    expect(card).to_contain_text("Not working")
    expect(card).to_contain_text("The model yolox_nano is missing")


def test_an_event_appears_on_its_card(mock: MockServer, detection: Page) -> None:
    mock.happen("sound_classified", className="Bark", confidence=97)
    expect(detection.locator("[data-detector=dogBark] .last-events li").first).to_contain_text("Bark · 97% sure")


def test_the_free_licence_locks_the_cards(mock: MockServer, open_page: Opener, size: str) -> None:
    mock.world.pro = False
    watched = open_page(mock.url, size, section="detection")
    page = watched.page
    page.wait_for_selector(CONNECTED)
    expect(page.locator("[data-detector=motion]")).to_contain_text("Motion detection is part of Pro")
    expect(page.get_by_role("switch", name="Motion detection")).to_be_disabled()
    expect(page.get_by_label("Motion sensitivity")).to_be_enabled()  # a free user may prepare
    watched.shot("detection-free")
    mock.set_license(True)
    expect(page.get_by_role("switch", name="Motion detection")).to_be_enabled()
    expect(page.get_by_text("is part of Pro").first).to_be_hidden()


def zone_of(mock: MockServer) -> dict[str, Any]:
    [zone] = json.loads(mock.world.settings["zones"])
    assert isinstance(zone, dict)
    return zone


def test_a_zone_is_drawn_by_hand_and_by_keys(mock: MockServer, detection: Page) -> None:
    card = detection.locator("section", has=detection.get_by_role("heading", name="Zones and privacy mask"))
    expect(card.locator(".plan img")).to_have_js_property("complete", True)
    card.get_by_role("button", name="New zone").click()
    corner = card.get_by_role("button", name="Corner 1 of Zone 1")
    expect(corner).to_be_focused()
    corner.hover()  # once it has come to rest: the picture above it may have just been loaded
    plan, knob = card.locator(".plan").bounding_box(), corner.bounding_box()
    assert plan is not None
    assert knob is not None
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    detection.mouse.down()
    detection.mouse.move(x - plan["width"] * 0.2, y - plan["height"] * 0.1, steps=4)
    detection.mouse.up()
    corner.press("ArrowRight")
    corner.press("Shift+ArrowDown")
    corner.press("Insert")
    expect(card.locator(".corner")).to_have_count(5)
    card.get_by_role("button", name="Corner 2 of Zone 1").press("Delete")
    expect(card.locator(".corner")).to_have_count(4)
    card.get_by_label("Name").fill("Drive")
    card.get_by_label("Person").uncheck()
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_text("Saved.")).to_be_visible()
    zone = zone_of(mock)
    assert (zone["name"], zone["mode"]) == ("Drive", "in")
    assert "person" not in zone["for"]
    assert "motion" in zone["for"]
    assert zone["points"][0] == pytest.approx([0.11, 0.25], abs=0.02)
    assert zone["points"][1:] == [[0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]


def test_a_zone_is_for_something(mock: MockServer, open_page: Opener, size: str) -> None:
    zone = {"name": "Drive", "mode": "in", "for": ["person"], "points": [[0.1, 0.2], [0.5, 0.2], [0.5, 0.4]]}
    mock.world.settings |= {"zones": json.dumps([zone])}
    page = open_page(mock.url, size, section="detection").page
    kinds = page.locator(".zones .kinds")
    kinds.get_by_label("Person").click()
    expect(kinds.get_by_label("Person")).to_be_checked()
    kinds.get_by_label("Motion").check()
    kinds.get_by_label("Person").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert zone_of(mock)["for"] == ["motion"]


def test_a_mask_keeps_its_place_when_the_picture_is_turned(mock: MockServer, open_page: Opener, size: str) -> None:
    mask = [[[0.1, 0.2], [0.5, 0.2], [0.5, 0.4]]]
    mock.world.settings |= {"rotation": 90, "privacyMask": json.dumps(mask)}
    page = open_page(mock.url, size, section="detection").page
    area = page.locator(".plan .area.covered")
    expect(area).to_have_attribute("points", "0.8,0.1 0.8,0.5 0.6,0.5")
    page.get_by_role("button", name="New zone").click()
    page.get_by_label("Purpose of Zone 1").select_option("covered")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert json.loads(mock.world.settings["privacyMask"])[0] == mask[0]
    assert len(json.loads(mock.world.settings["privacyMask"])) == 2
    assert mock.world.settings["zones"] == ""


def test_a_day_again_with_another_threshold(mock: MockServer, open_page: Opener, size: str) -> None:
    mock.world.settings |= {"motionEnabled": True, "motionSensitivity": 5}
    page = open_page(mock.url, size, section="detection").page
    card = page.locator("section", has=page.get_by_role("heading", name="The same day, with other settings"))
    card.get_by_role("button", name="Show").click()
    expect(card).to_contain_text("5 with this")
    expect(card.locator(".ticks .would")).to_have_count(5)
    card.get_by_role("slider", name="Motion sensitivity").fill("8")
    expect(card).to_contain_text("8 with this")
    assert mock.world.settings["motionSensitivity"] == 5
    card.get_by_role("button", name="Use these thresholds").click()
    expect(card).to_contain_text("Saved.")
    assert mock.world.settings["motionSensitivity"] == 8
