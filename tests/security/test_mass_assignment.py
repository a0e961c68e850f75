"""A body sets what it is for and nothing else (SEC-16): every operation that reads one, with every field there is.

Each operation runs twice, on two copies of one database: with its plain body, and with that body and the fields of the
contract's model, of our views and of every table's columns besides. Afterwards both databases hold the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from msgspec import inspect as types

from body_samples import CLIENT, Sample, samples
from contract.comparison import load
from database_copies import Copies
from estate import Estate
from identities_world import Caller
from locum.api.app import all_routes
from locum.api.context import Api
from locum.api.operations import Route
from locum.audit.model import audit_event
from locum.identities.passwords import PasswordHasher
from locum.identities.tokens import Tokens
from locum.kit.db import Database, metadata
from settable import SETTABLE
from whole_database import whole

pytestmark = pytest.mark.anyio


def all_structs(info: types.Type) -> Iterator[tuple[str, set[str]]]:
    if isinstance(info, types.Metadata):
        yield from all_structs(info.type)
    elif isinstance(info, types.UnionType):
        for one in info.types:
            yield from all_structs(one)
    elif isinstance(info, types.ListType):
        yield from all_structs(info.item_type)
    elif isinstance(info, types.StructType):
        yield info.cls.__name__, {one.encode_name for one in info.fields}
        for one in info.fields:
            yield from all_structs(one.type)


READERS = {
    route.operation.name: route
    for route in all_routes()
    if route.body_type is not None and not route.body_raw and any(all_structs(types.type_info(route.body_type)))
}

async def perform(api: Api, route: Route, sample: Sample, body: Any) -> tuple[int, str]:
    """The status, and the answer where it is a refusal."""
    proof = sample.who.http.headers.get("authorization")
    caller = Caller(api, proof.removeprefix("Bearer ") if proof else None)
    app = caller.http._transport.app  # type: ignore[attr-defined]

    async def with_certificate(scope: dict[str, object], receive: object, send: object) -> None:
        scope["extensions"] = {"tls": {"client_cert_der": CLIENT.der}}
        await app(scope, receive, send)

    caller.http._transport.app = with_certificate  # type: ignore[attr-defined]
    path = re.sub(r"{(\w+)}", lambda found: sample.ids[found[1]], route.operation.paths[0])
    answer = await caller.http.request(route.operation.method, path, json=body)
    await caller.http.aclose()
    return answer.status_code, answer.text if answer.is_error else ""


class Hostile:
    """Every name that stands for something somewhere, with a value of its type."""

    def __init__(self, some_id: str, yes: bool) -> None:
        values = {
            "uuid": some_id, "date-time": "2001-02-03T04:05:06Z", "boolean": yes, "integer": 7777, "string": "hostile",
        }  # fmt: skip
        self.some_id, self.values = some_id, values
        self.models = {name: self._model(model) for name, model in load("models").items()}
        self.fields: dict[str, Any] = {name: v for model in self.models.values() for name, v in model.items()}
        for route in all_routes():
            self.fields |= {
                name: values[_kind(info)] for name, info in fields_of(types.type_info(route.answer_type))
            }
        for table in metadata.sorted_tables:
            for column in table.columns:
                head, *rest = column.name.split("_")
                self.fields[head + "".join(map(str.title, rest))] = values[_column_kind(column)]
        self.fields["id"] = some_id

    def _model(self, model: dict[str, Any]) -> dict[str, Any]:
        """The fields of a model of the contract."""
        made: dict[str, Any] = {}
        for fact in model.get("fields", []):
            kind = str(fact["format"] if fact.get("format") in self.values else fact.get("type"))
            value = 1 if "ref" in fact and kind == "integer" else self.values.get(kind, {"id": self.some_id})
            made[fact["name"]] = [value] if fact.get("array") else value
        return made

    def besides(self, info: types.Type, body: Any, more: tuple[str, ...]) -> Any:
        """The body with all that it may not set, at every depth."""
        if isinstance(info, types.Metadata):
            return self.besides(info.type, body, more)
        if isinstance(info, types.UnionType):
            return self.besides(next(one for one in info.types if not isinstance(one, types.NoneType)), body, more)
        if isinstance(info, types.ListType):
            return [self.besides(info.item_type, one, more) for one in body]
        if not isinstance(info, types.StructType):
            return body
        settable = {name.lower() for name in SETTABLE[info.cls.__name__].split() if name not in more}
        inner = {f.encode_name: f.type for f in info.fields}
        every = self.fields | self.models.get(info.cls.__contract__, {})
        added = {name: value for name, value in every.items() if name.lower() not in settable}
        return added | {
            name: self.besides(inner[name], value, more) for name, value in body.items() if name in inner
        }


def fields_of(info: types.Type) -> Iterator[tuple[str, types.Type]]:
    """Every field of a shape and of those within."""
    if isinstance(info, types.Metadata):
        yield from fields_of(info.type)
    elif isinstance(info, types.UnionType):
        for one in info.types:
            yield from fields_of(one)
    elif isinstance(info, types.ListType):
        yield from fields_of(info.item_type)
    elif isinstance(info, types.StructType):
        for one in info.fields:
            yield one.encode_name, one.type
            yield from fields_of(one.type)


def _kind(info: types.Type) -> str:
    if isinstance(info, types.Metadata):
        return _kind(info.type)
    if isinstance(info, types.UnionType):
        return _kind(info.types[0])
    kinds = {
        types.UUIDType: "uuid",
        types.BoolType: "boolean",
        types.IntType: "integer",
        types.EnumType: "integer",
    }
    return "date-time" if isinstance(info, types.CustomType) else kinds.get(type(info), "string")


def _column_kind(column: sa.Column[Any]) -> str:
    try:
        python = column.type.python_type
    except NotImplementedError:
        return "string"
    return {UUID: "uuid", bool: "boolean", int: "integer", dt.datetime: "date-time"}.get(python, "string")


def comparable(database: Database, known: str) -> dict[str, list[str]]:
    """All rows without what differs between two runs by nature: new ids, hashes, the time of day."""
    rows = {table: sorted(str(_plain_row(row, known)) for row in kept) for table, kept in whole(database).items()}
    actions = sa.select(audit_event.c.action).order_by(audit_event.c.id)
    return {**rows, "audited": database.submit_read(lambda tx: tx.scalars(actions)).result()}


def _plain_row(row: dict[str, Any], known: str) -> dict[str, Any]:
    return {name: _plain(name, value, known) for name, value in row.items()}


def _plain(name: str, value: Any, known: str) -> Any:
    if isinstance(value, dt.datetime):
        return value.date() if value.year < 2010 else "a time"
    if isinstance(value, bytes):
        return "bytes"
    if name == "login_name":
        return str(value).partition("-")[0]
    if isinstance(value, UUID | str | list):
        text = re.sub(r"^ssh-ed25519 \S+$", "a key", re.sub(r"\$argon2\S+", "a hash", str(value)))
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda one: one[0] if one[0] in known else "a new id", text)
    return value


def test_every_body_has_a_sample_and_its_fields_are_named() -> None:
    declared: dict[str, set[str]] = {}
    named = {name: set(fields.split()) for name, fields in SETTABLE.items()}
    for route in READERS.values():
        declared |= dict(all_structs(types.type_info(route.body_type)))
    assert {name: fields - {"id"} for name, fields in declared.items()} == {
        name: fields - {"id"} for name, fields in named.items()
    }, "a body has a field that SETTABLE does not know: may a caller set it?"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sec_16_a_body_sets_what_it_is_for_and_nothing_else(
    estate: Estate, tmp_path: Path, hasher: PasswordHasher, issuer: Tokens
) -> None:
    plain = await samples(estate)
    assert plain.keys() == READERS.keys(), f"without a sample: {READERS.keys() - plain.keys()}"
    known = str(whole(estate.database))
    hostile = [Hostile(estate.ids["root"], yes) for yes in (True, False)]
    before = comparable(estate.database, known)
    copies = Copies(estate, tmp_path, hasher, issuer)
    for name, sample in plain.items():
        route, results = READERS[name], []
        info = types.type_info(route.body_type)
        for body in (sample.body, *(h.besides(info, sample.body, sample.hostile) for h in hostile)):
            async with copies.one() as api:
                status = await perform(api, route, sample, body)
                results.append((status, comparable(api.db, known)))
        assert results[0][0][0] == route.operation.status, (name, results[0][0])
        assert results[0][1] != before, f"{name} changed nothing"
        declared, said = route.operation.audit, results[0][1]["audited"]
        if declared is not None:
            assert said.count(declared) > before["audited"].count(declared), f"{name} declares {declared}: {said}"
        for result in results[1:]:
            assert result[0] == results[0][0], name
            for table, rows in result[1].items():
                assert rows == results[0][1][table], (name, table)
