"""Run in a network of its own: python-WSDiscovery, as Home Assistant uses it. What it hears, as lines of JSON."""

import json
import sys
from typing import Any

from wsdiscovery import QName, Scope
from wsdiscovery.discovery import ThreadedWSDiscovery


def say(what: str, service: Any) -> None:
    scopes = [scope.getValue() for scope in service.getScopes()] if what == "found" else []
    print(json.dumps({what: service.getEPR(), "at": list(service.getXAddrs()), "scopes": scopes}), flush=True)


client = ThreadedWSDiscovery(ttl=1, relates_to=True)
client.setRemoteServiceHelloCallback(lambda service: say("hello", service))
client.setRemoteServiceByeCallback(lambda epr: print(json.dumps({"bye": epr}), flush=True))
client.start()
print(json.dumps({"ready": True}), flush=True)
for order in sys.stdin:
    if order.strip() == "search":
        kind = QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter", "dp0")
        scope = Scope("onvif://www.onvif.org/Profile/Streaming")
        for found in client.searchServices(types=[kind], scopes=[scope], timeout=3):
            say("found", found)
        print(json.dumps({"searched": True}), flush=True)
client.stop()
