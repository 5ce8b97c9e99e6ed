"""The HTTP application: routes, gates, assets. It knows the actors only through its context."""

from aiohttp import web

from api.app_state import APP_STATE, AppState
from api.assets import add_assets
from api.context import Context
from api.json_body import MAX_BODY
from api.live.hub import HUB
from api.middleware import install
from api.rate_limits import RATE_LIMITER, RateLimitedContext, RateLimiter
from api.routes import add_routes
from models.messages.auth import AuthStatus


def build_app(context: Context) -> web.Application:
    """The application as it is served over HTTPS."""
    app = web.Application(client_max_size=MAX_BODY)
    install(app)
    rate_limiter = app[RATE_LIMITER] = RateLimiter(lambda: context.latest(AuthStatus))
    shared = RateLimitedContext(context, rate_limiter)
    app_state = app[APP_STATE] = AppState(shared)
    app[HUB] = app_state.hub
    app.on_startup.append(app_state.start)
    app.on_shutdown.append(app_state.stop)
    add_routes(app, shared)
    add_assets(app, shared)
    return app
