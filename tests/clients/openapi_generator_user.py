"""Uses the package ``camera_b`` that openapi-generator made; arguments: URL, token."""

import importlib
import pkgutil
import sys

import camera_b
from camera_b import ApiClient, ApiException, Configuration
from camera_b.api import AuthApi, EventsApi, MediaApi, SettingsApi, SystemApi
from camera_b.models import EventBuckets, EventPage, SettingsChange

for module in pkgutil.walk_packages(camera_b.__path__, "camera_b."):
    importlib.import_module(module.name)
configuration = Configuration(host=sys.argv[1], access_token=sys.argv[2])
configuration.verify_ssl = False
with ApiClient(configuration) as client:
    settings, events = SettingsApi(client), EventsApi(client)
    assert AuthApi(client).get_auth_status().enabled is True
    assert settings.get_settings().license.is_pro is True
    assert settings.post_settings(SettingsChange(motion_sensitivity=7)).success is True
    assert settings.get_settings().motion_sensitivity == 7
    assert SystemApi(client).get_status().settings.motion_sensitivity == 7
    wrong = None
    try:
        settings.post_settings(SettingsChange(mqtt_broker_url="not a host"))
    except ApiException as problem:
        wrong = problem
    assert wrong is not None
    assert wrong.status == 400, wrong
    assert wrong.data.actual_instance.errors == ["mqttBrokerUrl: Invalid format"], wrong.data
    page = events.get_events(limit=5, since=1).actual_instance
    assert isinstance(page, EventPage), page
    assert page.events[-1].changed_percent == 12.5
    slots = events.get_events(since=1, bucket_ms=60_000).actual_instance
    assert isinstance(slots, EventBuckets), slots
    assert events.get_events_range().total_events >= 1
    assert bytes(MediaApi(client).get_snapshot()).startswith(b"\xff\xd8")
    assert events.post_events_clear(confirm=True).success is True
    assert events.get_events_range().min_timestamp is None
