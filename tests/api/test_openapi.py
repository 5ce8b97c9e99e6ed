"""The description of the interface: complete, and true to the examples."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from api.openapi import describe
from api.reference import in_place, table
from api.routes import load_all
from api.routing import Access, plain_path
from api.schemas import COMPONENTS
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
        one = DOCUMENT["paths"][re.sub(r":[^}]*}", "}", route.path)][route.method.lower()]
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


def test_everything_in_json_has_a_named_schema() -> None:
    for method, path, one in operations():
        for status, response in one["responses"].items():
            for media, content in response.get("content", {}).items():
                if media == "application/json":
                    assert named(content["schema"]), (method, path, status)
        if body := one.get("requestBody"):
            assert named(body["content"]["application/json"]["schema"]), (method, path)
    assert {route.takes for route in load_all()} - {""} <= COMPONENTS.keys()


def named(schema: dict[str, Any]) -> bool:
    return all("$ref" in one for one in schema.get("anyOf", [schema]))


def test_every_reference_leads_somewhere_and_every_schema_is_valid() -> None:
    text = json.dumps(DOCUMENT)
    used = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert used == COMPONENTS.keys()
    for schema in COMPONENTS.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_what_breaks_generators_is_not_there() -> None:
    assert '"const"' not in json.dumps(DOCUMENT), "openapi-python-client writes {'const': false} as JavaScript"
    queries = [one for _, _, item in operations() for one in item.get("parameters", []) if one["in"] == "query"]
    types = {one["name"]: one["schema"]["type"] for one in queries}
    assert [types[name] for name in ("limit", "since", "until", "bucketMs")] == ["integer"] * 4
    assert types["confirm"] == "boolean"


async def test_it_is_served_to_everybody() -> None:
    async with served() as server, server.request("GET", "/openapi.json") as response:
        body = await response.json()
    assert response.status == 200
    assert body["openapi"] == "3.1.0"
    assert body["paths"].keys() == DOCUMENT["paths"].keys()


def test_the_page_has_every_route() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == in_place(page, load_all()), "run scripts/manual"
    assert all(f"`{route.method} {plain_path(route.path)}`" in table(load_all()) for route in load_all())
