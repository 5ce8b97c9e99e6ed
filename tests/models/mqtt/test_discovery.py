from typing import Any

import pytest

from config.settings import REGISTRY, defaults
from models.mqtt import discovery
from models.mqtt.discovery import Device
from models.mqtt.setting_entities import snake

DEVICE = Device(
    "3f9a1c",
    "Nursery camera",
    "0.1.0",
    url="https://192.168.1.100:8443/",
    torch=True,
    speech=True,
    options={"resolutions": ("1280x720", "1920x1080"), "cameraIds": ("0",)},
)


def message(commands: bool = True, device: Device = DEVICE, former: tuple[str, ...] = ()) -> dict[str, Any]:
    return discovery.payload(device, "ipcamera", REGISTRY.values(), defaults("3f9a1c"), commands, former)


def components(commands: bool = True, **more: Any) -> dict[str, dict[str, Any]]:
    return dict(message(commands, **more)["components"])


def test_origin_and_availability_are_there() -> None:
    whole = message()
    assert whole["origin"]["name"] == "IP Camera"
    assert whole["availability"] == [{"topic": "ipcamera/status/online"}]
    assert whole["device"]["identifiers"] == ["ipcam_3f9a1c"]
    assert whole["device"]["configuration_url"] == "https://192.168.1.100:8443/"


def test_every_component_has_a_platform_and_an_id_of_its_own() -> None:
    shown = components()
    assert all(about["platform"] for about in shown.values())
    ids = [about["unique_id"] for about in shown.values()]
    assert len(set(ids)) == len(ids)
    platforms = "camera image binary_sensor event switch number select sensor button notify update"
    assert {about["platform"] for about in shown.values()} == set(platforms.split())


def test_pictures_are_raw_bytes() -> None:
    assert "encoding" not in components()["camera"]
    assert "image_encoding" not in components()["last_event"]


COMMANDED = [entry for entry in REGISTRY.values() if entry.home_assistant not in ("", "names")]


@pytest.mark.parametrize("entry", COMMANDED)
def test_each_setting_for_home_assistant_can_be_set_there(entry: Any) -> None:
    about = components()[snake(entry.key)]
    assert about["platform"] == entry.home_assistant
    assert about["command_topic"] == f"ipcamera/control/setting/{entry.key}/set"
    if entry.home_assistant == "number":
        assert (about["min"], about["max"]) == (entry.minimum, entry.maximum)
    if entry.home_assistant == "select":
        assert str(defaults()[entry.key]) in about["options"]


def test_zones_are_shown_by_their_names() -> None:
    about = components()["zones_state"]
    assert about["platform"] == "sensor"
    assert "command_topic" not in about
    template = "{{ ((value_json.zones or '[]') | from_json | map(attribute='name') | join(', '))[:255] }}"
    assert about["value_template"] == template


def test_without_commands_nothing_can_be_commanded() -> None:
    shown = components(commands=False)
    assert not [key for key, about in shown.items() if "command_topic" in about]
    assert shown["motion_enabled_state"]["platform"] == "binary_sensor"
    assert shown["motion_sensitivity_state"]["platform"] == "sensor"


def test_what_the_device_has_not_got_is_left_out() -> None:
    shown = components(device=Device("3f9a1c", "Camera", "0.1.0"))
    assert "torch_enabled" not in shown
    assert "tts" not in shown
    assert shown["resolution"]["options"] == ["1280x720"]


def test_entities_that_went_away_are_removed_by_their_platform_alone() -> None:
    former = discovery.announced(message(commands=True))
    whole = message(commands=False, former=former)
    assert whole["components"]["motion_enabled"] == {"platform": "switch"}
    assert whole["components"]["capture"] == {"platform": "button"}
    assert "switch.motion_enabled" not in discovery.announced(whole)
    again = message(commands=True, former=discovery.announced(whole))
    assert again["components"]["motion_enabled_state"] == {"platform": "binary_sensor"}
    assert len(again["components"]["motion_enabled"]) > 1


def test_sensors_expire_after_three_missed_reports() -> None:
    assert components()["cpu"]["expire_after"] == 180
