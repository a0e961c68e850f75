"""The OpenAPI 3.1 document, made from the operation table alone."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import msgspec

from locum.api.context import Asciicast, Call, Dialogue, Download, LiveCast, PlainText
from locum.api.guards import SIGNED_IN
from locum.api.operations import Operation, Route, operation
from locum.api.problems import MEDIA_TYPE
from locum.api.reading import BodyParts
from locum.api.schemas import REF, Schema, Schemas
from locum.kit.permissions import Permission

_PROBLEM_DETAILS: Schema = {
    "type": "object",
    "x-contract": "Microsoft.AspNetCore.Mvc.ProblemDetails",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "format": "int32"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "traceId": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
    "required": ["type", "title", "status", "detail", "instance", "traceId"],
}
_REASONS = {
    400: "The request is malformed or breaks a rule",
    401: "Nobody is signed in, or the proof is not valid",
    403: "The caller may not; the detail says what is missing",
    404: "No such thing, or none the caller may know of",
    405: "The path has no such method",
    409: "The state of the thing does not allow it now",
    413: "The body is over a limit",
    415: "The body is of a media type that is not read here",
    429: "Too many attempts",
    503: "Locum is starting or stopping",
}


def describe(routes: Sequence[Route]) -> Operation:
    """The operation that answers with the document of `routes`, as they are when it is first asked for."""
    made: list[msgspec.Raw] = []

    @operation(
        "OpenApi.Get",
        "GET /api/v1/openapi.json",
        who=SIGNED_IN,
        permission=Permission.ACCOUNTS_SELF_READ,
        summary="This document",
    )
    async def get_document(call: Call[None, None, None]) -> msgspec.Raw:
        if not made:
            made.append(msgspec.Raw(msgspec.json.encode(document(routes))))
        return made[0]

    return get_document


def document(routes: Sequence[Route]) -> Schema:
    """The whole document as plain values."""
    schemas = Schemas()
    schemas.components["ProblemDetails"] = _PROBLEM_DETAILS
    paths: dict[str, Schema] = {}
    for route in sorted(routes, key=lambda r: (r.operation.paths[0], r.operation.method)):
        for number, path in enumerate(route.operation.paths):
            item = _operation(route, schemas)
            if number:
                item["operationId"] += f"-{number + 1}"
                item["x-alias-of"] = route.operation.paths[0]
            paths.setdefault(path, {})[route.operation.method.lower()] = item
    return {
        "openapi": "3.1.0",
        "info": {"title": "Locum", "version": version("locum")},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, schemas: Schemas) -> Schema:
    op = route.operation
    found: Schema = {
        "operationId": op.name,
        "tags": [op.name.partition(".")[0]],
        "summary": op.summary,
        "parameters": _parameters(route, schemas),
        "responses": _responses(route, schemas),
        "security": [{"bearer": []}] if route.who.signed_in else [],
        "x-who": route.who.name,
        "x-roles": sorted(role.value for role in route.who.roles),
        "x-second-factor": route.who.needs_permission,
    }
    if op.permission is not None:
        found["x-permission"] = op.permission
    if op.scope is not None:
        found["x-permissions-in-scope"] = list(op.scope.rights)
    if op.audit is not None:
        found["x-audit"] = op.audit
    if route.body_type is not None:
        media = ["application/json", "text/plain"] if route.body_raw else ["application/json"]
        if route.body_type is BodyParts:
            media = [Download.MEDIA]
        schema = schemas.of(route.body_type)
        found["requestBody"] = {
            "required": not route.body_optional,
            "content": {m: {"schema": schema} for m in media},
        }
    return found


def _parameters(route: Route, schemas: Schemas) -> list[Schema]:
    found = []
    for place, struct in (("path", route.params_type), ("query", route.query_type)):
        for field, schema in schemas.fields(struct) if struct is not None else ():
            needed = place == "path" or field.required
            found.append({"name": field.encode_name, "in": place, "required": needed, "schema": _given(schema)})
    return found


def _given(schema: Schema) -> Schema:
    """A parameter can be left out but can't be null."""
    kinds: list[Any] = [s for s in schema.get("anyOf", []) if s != {"type": "null"}]
    return schema if len(kinds) != 1 else kinds[0]


def _responses(route: Route, schemas: Schemas) -> Schema:
    success: Schema = {"description": "Done"}
    if route.answer_type is Dialogue:
        success["description"] = "From here on it is a WebSocket"
    elif route.answer_type in (Asciicast, Download, LiveCast, PlainText):
        success["content"] = {route.answer_type.MEDIA: {"schema": {"type": "string"}}}
    elif route.answer_type is not type(None):
        success["content"] = {"application/json": {"schema": schemas.of(route.answer_type)}}
    problem = {MEDIA_TYPE: {"schema": {"$ref": REF + "ProblemDetails"}}}
    found: Schema = {str(route.operation.status): success}
    for status in route.problems:
        found[str(status)] = {"description": _REASONS[status], "content": problem}
    return found
