"""One message with apprise, in a separate process: ``python -I sender.py``, a job in JSON on stdin, a report on stdout.

Apprise with its hundred services takes 30 MB and blocks while it sends: here it costs nothing while nothing is sent,
and whatever the receiver does (no answer, gigabytes, endless redirects) ends with this process. Secrets come by stdin
and are in no command line, environment or log. Without a title, the URL is only examined.
"""

import ctypes
import json
import logging
import re
import resource
import signal
import sys
from typing import Any
from urllib.parse import unquote

PR_SET_PDEATHSIG = 1  # linux/prctl.h
SAID_MAX = 2000  # characters
SHORTEST_SECRET = 5
OTHER_SIDE = ("Response Details", "Socket Exception")


def main() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    job = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    print(json.dumps(report(job)))  # noqa: T201 - the report


def report(job: dict[str, Any]) -> dict[str, Any]:
    """``ok``, and what was ``said``: the service's own words, without any part of the URL."""
    import apprise
    import requests.sessions

    requests.sessions.DEFAULT_REDIRECT_LIMIT = job["redirects"]  # type: ignore[attr-defined]
    # No logo URL, because the receiving app would load it from apprise's server.
    asset = apprise.AppriseAsset(
        app_id="IP Camera", app_desc="IP Camera", app_url="", image_url_mask="", image_url_logo="", async_mode=False
    )
    with Heard() as heard:
        service = apprise.Apprise.instantiate(job["url"], asset=asset)
        if service is None or "title" not in job:
            said = without(job["url"], heard.said)
            return {"ok": bool(service), "said": said, "service": str(getattr(service, "service_name", ""))}
        ok = service.notify(title=job["title"], body=job["body"], attach=_attachment(job["picture"], asset))
    return {"ok": bool(ok), "said": without(job["url"], heard.said)}


class Heard(logging.Handler):
    """What apprise logs for people; and of its debugging, the answer of the other side and why there was none."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.levelno >= logging.INFO or text.startswith(OTHER_SIDE):
            self.said = f"{self.said} {text}"[-SAID_MAX:]

    def __enter__(self) -> "Heard":
        logger = logging.getLogger("apprise")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)


def _attachment(path: str, asset: Any) -> Any:
    import apprise

    return apprise.AppriseAttachment(path, asset=asset) if path else None


def without(url: str, said: str) -> str:
    """``said`` in one line, with no part of ``url`` that is long enough to be a secret."""
    for part in sorted(re.split(r"[/:@?&=,#]+", f"{url} {unquote(url)}"), key=len, reverse=True):
        if len(part) >= SHORTEST_SECRET:
            said = said.replace(part, "***")
    return " ".join(said.split())


if __name__ == "__main__":
    main()
