"""The table of routes for people, from the same registry as the OpenAPI."""

from api.routing import Access, Route, plain_path

BEGIN, END = "<!-- routes -->\n", "<!-- /routes -->\n"
WHO = {Access.PUBLIC: "everybody", Access.UI: "logged in", Access.PRO: "Pro"}


def table(routes: tuple[Route, ...]) -> str:
    """Markdown; extensions of the API are marked."""
    rows = ["| request | who | what |", "|---|---|---|"]
    for route in sorted(routes, key=lambda one: (one.path, one.method)):
        who = f"{WHO[route.access]}: `{route.feature}`" if route.feature else WHO[route.access]
        mark = " · **extension**" if route.extension else ""
        rows.append(f"| `{route.method} {plain_path(route.path)}` | {who} | {route.summary}{mark} |")
    return "\n".join(rows)


def in_place(page: str, routes: tuple[Route, ...]) -> str:
    """``page`` with the table between its two markers."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{table(routes)}\n{END}{rest.split(END)[1]}"
