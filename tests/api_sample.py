"""A small operation table, people to call it, and a real server in front of it, for the tests of the API's kernel."""

from __future__ import annotations

import datetime as dt
import http.client
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
import uvicorn

from locum.api import health
from locum.api.app import create_app
from locum.api.context import Api, Call
from locum.api.guards import ADMIN_OR_APP, ANYONE, PENDING_SECOND_FACTOR, SIGNED_IN
from locum.api.operations import operation
from locum.api.paging import ColumnPaging
from locum.api.reading import RawBody
from locum.api.wire.base import DataTable, In, Name, Out, Time, at
from locum.audit.log import record
from locum.audit.model import audit_event, audit_pending
from locum.identities.caller import Caller, Pending, Role
from locum.kit.db import Database, ReadTx, Tx, metadata, open_database, sqlite_url
from locum.kit.errors import Conflict, Forbidden, NotFound, RateLimited, Unauthenticated
from locum.kit.ids import NIL, new_id
from locum.kit.permissions import Permission
from locum.vault.secret import Secret

NOW = dt.datetime(2026, 3, 4, 5, 6, 7, 89_999, tzinfo=dt.UTC)
READ = Permission.CREDENTIALS_CREDENTIAL_READ
MAKE = Permission.CREDENTIALS_CREDENTIAL_CREATE


class Colour(IntEnum):
    RED = 0
    LIGHT_BLUE = 1
    ANY = -1


class ThingId(In):
    thing_id: UUID


class PartIn(In):
    name: Name
    size: int = 0


class ThingIn(In):
    name: Name | None = None
    colour: Colour = Colour.RED
    owner_id: UUID | None = None
    enabled: bool = False
    count: int = 7
    password: Secret | None = None
    part: PartIn | None = None
    parts: list[PartIn] | None = None
    ids: list[UUID] | None = None
    start: dt.datetime | None = None


class Thing(Out):
    id: UUID = NIL
    name: str | None = None
    colour: Colour = Colour.RED
    owner_id: UUID | None = None
    enabled: bool = False
    count: int = 0
    part_name: str | None = None
    part_sizes: list[int] | None = None
    ids: list[UUID] | None = None
    start: Time | None = None
    secret_length: int = 0


class Search(ColumnPaging):
    colour: Colour = Colour.ANY
    owner_id: UUID | None = None
    only_enabled: bool = False


class Found(Out):
    skip: int
    take: int
    order_by: str | None
    order_descending: bool
    filter_text: str | None
    filter_columns: list[str]
    colour: Colour
    owner_id: UUID | None
    only_enabled: bool


class NameIn(In):
    name: Name


def _shown(body: ThingIn) -> Thing:
    return Thing(
        name=body.name,
        colour=body.colour,
        owner_id=body.owner_id,
        enabled=body.enabled,
        count=body.count,
        part_name=body.part.name if body.part else None,
        part_sizes=[p.size for p in body.parts or []],
        ids=body.ids or [],
        start=at(body.start),
        secret_length=len(body.password.reveal_text()) if body.password else 0,
    )


@operation(
    "Thing.Get",
    "GET /api/v1/Thing/{thingId}",
    who=ADMIN_OR_APP,
    permission=READ,
    problems=(404, 409, 429),
    summary="One thing",
)
def get_thing(tx: ReadTx, call: Call[ThingId, None, None]) -> Thing:
    number = call.params.thing_id.int
    if number == 2:
        raise Conflict("the thing is busy")
    if number == 3:
        raise RateLimited("too many things", retry_after=17)
    if number == 4:
        raise Forbidden("the thing is not yours", missing="ownership")
    if number == 5:
        raise RuntimeError("canary-5d1f")
    if number != 1:
        raise NotFound("no such thing")
    return Thing(id=call.params.thing_id, name=call.caller.name, colour=Colour.LIGHT_BLUE, start=at(NOW))


@operation("Thing.Search", "GET /api/v1/Thing/Search", who=ADMIN_OR_APP, permission=READ, summary="Things")
def search_things(tx: ReadTx, call: Call[None, Search, None]) -> DataTable[Found]:
    query = {name: getattr(call.query, name) for name in Search.__struct_fields__}
    return DataTable[Found](data=[Found(**query)], records_total=1)


@operation(
    "Thing.Put",
    "PUT /api/v1/Thing/{thingId}",
    who=ADMIN_OR_APP,
    permission=MAKE,
    audit="thing.changed",
    summary="Change a thing",
)
def put_thing(tx: Tx, call: Call[ThingId, None, ThingIn]) -> Thing:
    record(tx, call.caller.actor, "thing.changed", object_id=call.params.thing_id)
    if call.body.name == "refused":
        raise Conflict("no")
    return _shown(call.body)


@operation(
    "Thing.Post",
    "POST /api/v1/Thing",
    who=ADMIN_OR_APP,
    permission=MAKE,
    audit="thing.made",
    status=201,
    summary="Make a thing",
)
def post_thing(tx: Tx, call: Call[None, None, NameIn]) -> UUID:
    record(tx, call.caller.actor, "thing.made")
    return new_id()


@operation(
    "Thing.Delete",
    "DELETE /api/v1/Thing/{thingId}",
    who=ADMIN_OR_APP,
    permission=MAKE,
    audit="thing.gone",
    status=202,
    summary="End a thing",
)
def delete_thing(tx: Tx, call: Call[ThingId, None, None]) -> None:
    record(tx, call.caller.actor, "thing.gone", object_id=call.params.thing_id)


@operation(
    "Thing.Bare", "POST /api/v1/Thing/Bare", who=SIGNED_IN, permission=READ, summary="A body that may be missing"
)
async def bare_body(call: Call[None, None, int | None]) -> int | None:
    return call.body


@operation(
    "Thing.Named", "GET /api/v1/Thing/Named/{name}", who=SIGNED_IN, permission=READ, summary="A variable of text"
)
async def by_name(call: Call[NameIn, None, None]) -> str:
    return call.params.name


@operation(
    "Sign.Code", "POST /code", also=("/kode",), who=PENDING_SECOND_FACTOR, problems=(400,), summary="The code"
)
async def send_code(call: Call[None, None, RawBody]) -> str:
    return call.body.text()


@operation("Sign.In", "POST /open", who=ANYONE, summary="Open to anyone")
async def sign_in(call: Call[None, None, NameIn]) -> str:
    call.reply.set_cookie("place", "abc", max_age=60)
    return f"{call.body.name} from {call.address} with {call.cookies.get('place')}"


@operation("Sign.Confused", "GET /confused", who=ANYONE, summary="Asks for a caller there is not")
async def confused(call: Call[None, None, None]) -> str:
    return call.caller.name


PEOPLE: dict[str, tuple[frozenset[Role], frozenset[Permission], Pending | None]] = {
    "admin": (frozenset({Role.ADMIN}), frozenset(Permission), None),
    "app": (frozenset({Role.APP}), frozenset({READ}), None),
    "user": (frozenset({Role.USER}), frozenset({READ}), None),
    "half": (frozenset(), frozenset(), "second_factor"),
    "new": (frozenset(), frozenset(), "enrolment"),
    "stale": (frozenset({Role.ADMIN}), frozenset(Permission), "password_change"),
}

IDS = {name: new_id() for name in PEOPLE}


def prove(credential: str, address: str | None) -> Callable[[ReadTx], Caller]:
    """A name is its own proof here. "locked" only turns out to be locked inside the unit of work."""
    if credential not in PEOPLE and credential != "locked":
        raise Unauthenticated("the token is not valid")

    def authenticate(tx: ReadTx) -> Caller:
        if credential == "locked":
            raise Unauthenticated("the account is locked")
        roles, permissions, pending = PEOPLE[credential]
        return Caller(IDS[credential], credential, "local", roles, permissions, pending, address)

    return authenticate


class Answer(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class AuditRow(msgspec.Struct):
    actor_id: UUID
    actor_name: str
    address: str | None
    detail: str


class Server:
    """A running API. `health` decides what `GET /api/v1/Health` says."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.health = True
        self.api = Api(**sample_services(db, lambda: self.health))
        self.port = 0

    def call(
        self, method: str, target: str, body: Any = None, *, who: str | None = "admin", **headers: str
    ) -> Answer:
        """One request. `body` is sent as JSON unless it is bytes; header names have _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            sent.setdefault("authorization", f"Bearer {who}")
        if body is not None and not isinstance(body, bytes):
            body = msgspec.json.encode(body)
            sent.setdefault("content-type", "application/json")
        connection = self.connect()
        connection.request(method, target, body, sent)
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        connection.close()
        return answer

    def connect(self) -> http.client.HTTPConnection:
        """A connection for requests that `call` can't make."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def audited(self, action: str) -> int:
        """The number of audit rows of that action."""
        count = sa.select(sa.func.count()).where(audit_event.c.action == action)
        return int(self.db.submit_read(lambda tx: tx.scalar(count)).result())

    def audit_rows(self, action: str) -> list[AuditRow]:
        """Who did it, oldest first."""
        c = audit_event.c
        rows = sa.select(c.actor_id, c.actor_name, c.address, c.detail).where(c.action == action).order_by(c.id)
        return self.db.submit_read(lambda tx: tx.rows(AuditRow, rows)).result()


def sample_services(db: Database, healthy: Callable[[], bool]) -> dict[str, Any]:
    """What an Api needs; rooms that the kernel's tests never reach are left empty."""
    given = {"db": db, "prove": prove, "healthy": healthy}
    return {name: given.get(name) for name in Api.__dataclass_fields__}


@contextmanager
def running(folder: Path, controllers: tuple[ModuleType, ...] | None = None) -> Iterator[Server]:
    """The sample table, or another, behind uvicorn in a thread, on a database of its own."""
    db = open_database(sqlite_url(folder / "locum.db"))
    with db.engine.begin() as connection:
        metadata.create_all(connection, [audit_event, audit_pending])
    server = Server(db)
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]
    config = uvicorn.Config(
        create_app(server.api, controllers or (sys.modules[__name__], health)),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
    )
    uvicorn_server = uvicorn.Server(config)
    thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield server
    uvicorn_server.should_exit = True
    thread.join()
    listener.close()
    db.close()
