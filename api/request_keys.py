"""What the gates store in a request for its handler."""

from aiohttp import web

from api.proxy import Arrival
from models.messages.auth import Identity
from models.messages.license import LicenseView

ARRIVAL: web.RequestKey[Arrival] = web.RequestKey("arrival", Arrival)
CLIENT: web.RequestKey[str] = web.RequestKey("client", str)  # address, for limits and lock-outs
IDENTITY: web.RequestKey[Identity] = web.RequestKey("identity", Identity)  # empty on public routes
LICENSE: web.RequestKey[LicenseView] = web.RequestKey("license", LicenseView)
