"""The HTTP application: routes, gates, assets. It knows the actors only through its context."""

from aiohttp import web

from api.assets import add_assets
from api.bodies import MAX_BODY
from api.context import Context
from api.front import FRONT, Front
from api.guard import GUARD, Guard, Shared
from api.live.hub import HUB
from api.middleware import install
from api.routes import add_routes
from models.messages.auth import AuthStatus


def build_app(context: Context) -> web.Application:
    """The application as it is served over HTTPS."""
    app = web.Application(client_max_size=MAX_BODY)
    install(app)
    guard = app[GUARD] = Guard(lambda: context.latest(AuthStatus))
    shared = Shared(context, guard)
    front = app[FRONT] = Front(shared)
    app[HUB] = front.hub
    app.on_startup.append(front.start)
    app.on_shutdown.append(front.stop)
    add_routes(app, shared)
    add_assets(app, shared)
    return app
