"""The document, made from the operation table."""

from __future__ import annotations

import re
import sys
from typing import Any

import msgspec
import pytest

import api_sample
from api_sample import Server
from locum.api import health
from locum.api.app import all_routes
from locum.api.openapi import document


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    return document(all_routes((sys.modules[api_sample.__name__],)))


@pytest.mark.sees_effect("OpenApi.Get")
def test_it_is_served_to_whoever_is_signed_in(server: Server) -> None:
    assert server.call("GET", "/api/v1/openapi.json", who=None).status == 401
    assert server.call("GET", "/api/v1/openapi.json", who="half").status == 403
    answer = server.call("GET", "/api/v1/openapi.json", who="admin")
    assert answer.json["openapi"] == "3.1.0"
    table = all_routes((sys.modules[api_sample.__name__], health))
    assert answer.json["paths"].keys() == {path for route in table for path in route.operation.paths}


def test_every_path_and_method_of_the_table_is_in_it(sample: dict[str, Any]) -> None:
    for route in all_routes((sys.modules[api_sample.__name__],)):
        for path in route.operation.paths:
            item = sample["paths"][path][route.operation.method.lower()]
            assert item["summary"] == route.operation.summary
    assert sample["paths"]["/kode"]["post"]["x-alias-of"] == "/code"


def test_ids_are_unique(sample: dict[str, Any]) -> None:
    ids = [item["operationId"] for methods in sample["paths"].values() for item in methods.values()]
    assert len(ids) == len(set(ids))


def test_who_may_call_is_said(sample: dict[str, Any]) -> None:
    put = sample["paths"]["/api/v1/Thing/{thingId}"]["put"]
    assert put["x-roles"] == ["Admin", "App"]
    assert put["x-permission"] == "credentials:credential:create"
    assert put["x-audit"] == "thing.changed"
    assert (put["x-second-factor"], put["security"]) == (True, [{"bearer": []}])
    opened = sample["paths"]["/open"]["post"]
    assert (opened["x-second-factor"], opened["security"]) == (False, [])
    assert sample["paths"]["/code"]["post"]["x-second-factor"] is False


def test_statuses_and_answers(sample: dict[str, Any]) -> None:
    put = sample["paths"]["/api/v1/Thing/{thingId}"]["put"]["responses"]
    assert list(put) == ["200", "400", "401", "403", "413", "415"]
    problem = put["400"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/ProblemDetails"}
    gone = sample["paths"]["/api/v1/Thing/{thingId}"]["delete"]["responses"]
    assert "content" not in gone["202"]


def test_parameters_have_limits_and_no_null(sample: dict[str, Any]) -> None:
    search = {p["name"]: p for p in sample["paths"]["/api/v1/Thing/Search"]["get"]["parameters"]}
    assert search["filterText"] == {
        "name": "filterText",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "maxLength": 1000},
    }
    assert search["take"]["schema"]["default"] == 100
    one = sample["paths"]["/api/v1/Thing/{thingId}"]["get"]["parameters"]
    assert (one[0]["in"], one[0]["required"], one[0]["schema"]["format"]) == ("path", True, "uuid")


def test_a_body_may_be_optional_or_raw(sample: dict[str, Any]) -> None:
    assert sample["paths"]["/api/v1/Thing/Bare"]["post"]["requestBody"]["required"] is False
    assert list(sample["paths"]["/code"]["post"]["requestBody"]["content"]) == ["application/json", "text/plain"]


def references(value: Any) -> set[str]:
    return set(re.findall(r'"\$ref":"#/components/schemas/([^"]+)"', msgspec.json.encode(value).decode()))


def input_text_without_limit(document: dict[str, Any]) -> list[str]:
    """Every text an input holds, wherever it stands, that has no maxLength and no fixed format."""
    loose: list[str] = []
    schemas = document["components"]["schemas"]

    def walk(schema: dict[str, Any], where: str) -> None:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            for field, inner in schemas[name].get("properties", {}).items():
                walk(inner, f"{name}.{field}")
        for inner in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])):
            walk(inner, where)
        # What is binary is handed on part by part, and kept nowhere.
        fixed = "maxLength" in schema or schema.get("format") in ("uuid", "date-time", "binary")
        if schema.get("type") == "string" and not fixed:
            loose.append(where)

    for path, methods in document["paths"].items():
        for item in methods.values():
            for parameter in item["parameters"]:
                walk(parameter["schema"], f"{path}?{parameter['name']}")
            for media in item.get("requestBody", {}).get("content", {}).values():
                walk(media["schema"], path)
    return loose


def test_the_live_document_resolves_and_limits_every_text() -> None:
    live = document(all_routes())
    assert references(live) <= live["components"]["schemas"].keys()
    assert input_text_without_limit(live) == []
    assert msgspec.json.decode(msgspec.json.encode(live)) == live


def test_what_is_no_json_and_what_a_scope_opens_is_said() -> None:
    paths = document(all_routes())["paths"]
    cast = paths["/api/locum/v1/Recording/{connectionId}/Cast"]["get"]
    assert list(cast["responses"]["200"]["content"]) == ["application/x-asciicast"]
    assert cast["x-permissions-in-scope"] == ["recordings:ended:view"]
    assert "x-permissions-in-scope" not in paths["/api/v1/Credential"]["post"]
