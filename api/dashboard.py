"""What the page at / does for access: while protection is off, it brings a session along."""

from aiohttp import web

from api.context import Context
from api.credentials import Credential, cookie_of, set_cookie
from api.middleware import identify
from models.errors import Refused, Unavailable
from models.messages.auth import OpenAnonymousSession


async def greet(request: web.Request, context: Context, response: web.StreamResponse) -> None:
    """Give a browser without a session an anonymous one if protection is off; to be called before ``prepare``.

    Without it the free dashboard could not be told from a script, nor its calls from those of a foreign page.
    """
    try:
        token = cookie_of(request)
        if token and (await identify(request, Credential("cookie", token))).dashboard:
            return
        session = await context.ask("auth", OpenAnonymousSession(request["client"]))
    except (Refused, Unavailable):
        return  # protection is on, or auth is just restarting: the page itself is there for everybody
    set_cookie(response, session.token, request["arrival"].prefix)
