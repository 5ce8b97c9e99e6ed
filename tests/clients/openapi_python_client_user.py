"""Uses the package ``camera_a`` that openapi-python-client made; arguments: URL, token."""

import importlib
import pkgutil
import sys

import camera_a
from camera_a.api.auth import get_auth_status
from camera_a.api.events import get_events, get_events_range, post_events_clear
from camera_a.api.media import get_snapshot
from camera_a.api.mqtt import get_api_mqtt_status
from camera_a.api.settings import get_settings, post_settings
from camera_a.api.system import get_capabilities, get_status
from camera_a.client import AuthenticatedClient
from camera_a.models import Errors, EventBuckets, EventPage, EventsCleared, SettingsChange

for module in pkgutil.walk_packages(camera_a.__path__, "camera_a."):
    importlib.import_module(module.name)
client = AuthenticatedClient(sys.argv[1], token=sys.argv[2], verify_ssl=False, timeout=30)

assert get_auth_status.sync(client=client).enabled is True
assert get_settings.sync(client=client).license_.is_pro is True
assert post_settings.sync(client=client, body=SettingsChange(motion_sensitivity=7)).success is True
assert get_settings.sync(client=client).motion_sensitivity == 7
wrong = post_settings.sync(client=client, body=SettingsChange(motion_sensitivity=77))
assert isinstance(wrong, Errors), wrong
assert wrong.errors == ["motionSensitivity: Value must be between 1 and 10"]
assert get_status.sync(client=client).settings.motion_sensitivity == 7
assert "1280x720" in get_capabilities.sync(client=client).resolutions
assert get_api_mqtt_status.sync(client=client).connected is False
page = get_events.sync(client=client, limit=5, since=1)
assert isinstance(page, EventPage), page
assert page.events[-1].type_ == "MOTION"
assert page.events[-1].changed_percent == 12.5
slots = get_events.sync(client=client, since=1, bucket_ms=60_000)
assert isinstance(slots, EventBuckets), slots
assert sum(slots.buckets[-1].counts.additional_properties.values()) >= 1
assert get_events_range.sync(client=client).total_events >= 1
assert get_snapshot.sync_detailed(client=client).content.startswith(b"\xff\xd8")
cleared = post_events_clear.sync(client=client, confirm=True)
assert isinstance(cleared, EventsCleared), cleared
assert get_events_range.sync(client=client).min_timestamp is None
