"""The description of the interface: complete, and true to the examples."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from api.openapi import describe, schema_of
from api.reference import in_place, table
from api.routes import Access, load_all
from tests.api.surface import served

DOCUMENT = describe(load_all(), "1.2.3")
PAGE = Path(__file__).parents[2] / "docs" / "api.md"
METHODS = {"get", "post", "put", "delete", "patch"}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, one) for path, item in DOCUMENT["paths"].items() for method, one in item.items()]


def test_every_route_is_described_once() -> None:
    assert len(operations()) == len(load_all())
    assert {method for method, _, _ in operations()} <= METHODS
    names = [one["operationId"] for _, _, one in operations()]
    assert len(set(names)) == len(names)


def test_every_operation_says_what_it_is_and_who_may() -> None:
    for route in load_all():
        path = next(path for path in DOCUMENT["paths"] if path.partition("{")[0] == route.path.partition("{")[0])
        one = DOCUMENT["paths"][path][route.method.lower()]
        assert one["summary"], route.path
        assert bool(one["security"]) is (route.access is not Access.PUBLIC)
        assert one.get("x-pro-feature", "") == route.feature


@pytest.mark.parametrize(
    ("method", "path", "one"), operations(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_examples_fit_their_schemas(method: str, path: str, one: dict[str, Any]) -> None:
    contents = [response.get("content", {}) for response in one["responses"].values()]
    for content in (*contents, one.get("requestBody", {}).get("content", {})):
        for media in content.values():
            if "example" in media:
                schema = {**media["schema"], "components": DOCUMENT["components"]}
                jsonschema.validate(media["example"], schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("example", "schema"),
    [
        (True, {"type": "boolean"}),
        (1, {"type": "integer"}),
        (-25.5, {"type": "number"}),
        ("x", {"type": "string"}),
        ([], {"type": "array"}),
        ([1, 2], {"type": "array", "items": {"type": "integer"}}),
        ([1, "a"], {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}),
        ({"minTimestamp": 1}, {"type": "object", "properties": {"minTimestamp": {"type": ["integer", "null"]}}}),
    ],
)
def test_the_shape_of_an_example(example: object, schema: dict[str, Any]) -> None:
    assert schema_of(example) == schema


async def test_it_is_served_to_everybody() -> None:
    async with served() as server, server.request("GET", "/openapi.json") as response:
        body = await response.json()
    assert response.status == 200
    assert body["openapi"] == "3.1.0"
    assert body["paths"].keys() == DOCUMENT["paths"].keys()


def test_the_page_has_every_route() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == in_place(page, load_all()), "run scripts/manual"
    assert all(f"`{route.method} {route.path}`" in table(load_all()) for route in load_all())
