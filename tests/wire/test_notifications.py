"""The whole program tells a browser, a webhook and a mailbox; also when it is killed in the middle."""

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.events import Detection
from models.messages.event_log import EVENT_LOG, RecordEvent
from tests.actors.notifier.test_delivery import verified
from tests.receivers import Browser, Endpoint, Mailbox, vapid_claims
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
Run = Callable[..., RunningServer]
API = "/api/notifications"
SLOW_S = 60.0


def happen(server: RunningServer, kind: str = "MOTION") -> int:
    detection = Detection(uuid.uuid4().hex, kind, int(time.time() * 1000), {"changedPercent": 4.5})
    return server.ask(EVENT_LOG, RecordEvent(detection)).event_id


def put(server: RunningServer, what: str, **body: Any) -> dict[str, Any]:
    status, answer = server.post(f"{API}/{what}", body)
    assert status == 200, answer
    return answer  # type: ignore[no-any-return]


def test_an_event_reaches_browser_webhook_and_mailbox_and_a_kill_loses_nothing(run: Run, tmp_path: Path) -> None:
    phone = Browser()
    with Endpoint(tmp_path) as push, Endpoint(status=204) as web, Mailbox() as mailbox:
        server = run(
            environment={"SSL_CERT_FILE": str(push.certificate)}, settings={"publicAddress": "https://cam.example"}
        )
        assert server.rows()["notifier"].pid == 0
        assert server.get(API)[1]["enabled"] is False
        assert server.post("/settings", {"notificationsEnabled": True})[0] == 200
        server.wait_for(lambda: server.get(API)[1]["enabled"], SLOW_S)
        channels = [
            put(server, "channels", kind="push", name="phone", subscription=phone.subscription(f"{push.url}/s/1")),
            hook := put(server, "channels", kind="webhook", name="house", url=f"{web.url}/hook/s3cret"),
            put(server, "channels", kind="apprise", name="mail", url=mailbox.url),
        ]
        put(server, "rules", types=["MOTION"], channels=[one["id"] for one in channels])

        first = happen(server)
        server.wait_for(lambda: push.posted and web.posted and mailbox.received, SLOW_S)
        message = json.loads(phone.opened(push.posted[0].body))
        assert message["tag"] == str(first)
        assert message["image"].startswith("data:image/jpeg;base64,")
        public_key = server.get(API)[1]["publicKey"]
        assert vapid_claims(push.posted[0].headers["authorization"], public_key)["aud"] == push.url
        body = verified(web.posted[0], hook["secret"])
        assert body["data"]["event"]["eventId"] == first  # type: ignore[index]
        assert body["data"]["picture"]["type"] == "image/jpeg"  # type: ignore[index]
        assert f"https://cam.example/#events/{first}-" in mailbox.received[0].as_string()

        web.hold = threading.Event()
        second = happen(server)
        server.wait_for(lambda: len(web.posted) == 2)
        restarts = server.rows()["notifier"].restarts
        server.kill("notifier")
        third = happen(server)  # while it is away, or just back
        web.hold.set()
        web.hold = None
        server.wait_for(lambda: server.back_again("notifier", restarts), SLOW_S)
        server.wait_for(lambda: server.get(API)[1]["waiting"] == 0, SLOW_S)
        told = [json.loads(posted.body)["data"]["event"]["eventId"] for posted in web.posted]
        assert list(dict.fromkeys(told)) == [first, second, third]
        assert told.count(second) == 2  # it was under way: at least once, under the same id
        assert len({posted.headers["webhook-id"] for posted in web.posted}) == 3

        tested = subprocess.run(
            [sys.executable, "-m", "scripts.ipcamera", "notifications", "list", "--data-dir", str(server.data_dir)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "house  http://localhost:" in tested.stdout
        assert "MOTION, all day" in tested.stdout
        command = [sys.executable, "-m", "scripts.ipcamera", "notifications", "test", hook["id"]]
        tested = subprocess.run([*command, "--data-dir", str(server.data_dir)], capture_output=True, text=True)
        assert (tested.returncode, tested.stdout.rpartition(": ")[2]) == (0, "204 No Content\n"), tested.stderr

        shown = json.dumps(server.get(API)[1]) + server.log.read_text()
        assert server.stop() == 0
    for secret in ("s3cret", hook["secret"], phone.subscription("")["keys"]["auth"], f"{push.url}/s/1"):
        assert secret not in shown
    assert (server.data_dir / "notifications.json").stat().st_mode & 0o777 == 0o600
