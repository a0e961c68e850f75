"""Whatever anybody sends to any operation, the answer is one it declares: no fault, no hang, no secret handed back.

Values come from the declared types, right and wrong ones mixed, so that most requests get past the first check.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect as types

from estate import Estate
from identities_world import PASSWORD, signed_in
from locum.api.app import all_routes, create_app
from locum.api.operations import Route
from locum.audit.model import audit_event
from locum.identities.roles import GRANTABLE, Target
from locum.kit.errors import NotFound
from locum.vault.secret import Secret
from raw_http import Answer, ask

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]  # every operation is called, many times

ROUTES = all_routes()
CANARY = "canary-8d2e-canary"
BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----"
MOST = 20  # operations that a hostile request must have carried through
EACH = 10  # requests to each operation
NEEDED = {  # by our rules, though their types let them be absent
    "name", "username", "password", "passwordNew", "activityId", "managedResourceId", "ipAddress",
}  # fmt: skip
KERNEL = {400, 401, 403, 404, 405, 413, 415}

NASTY_TEXT = [
    "", " ", "\x00", "a\x00b", "\ud800", "a\udfffb", "x" * 256, "x" * 257, "x" * 1001, "x" * 70_000, "😀" * 256,
    "ß" * 256, "ﷺ" * 256, "İ" * 256, "ᾳ" * 256, "\u0345", "%", "_", "\\", "%_\\", "' OR 1=1 --", "../..", "/",
    "\r\nSet-Cookie: a=b", "\u202e", "\u200b", "null", "NaN", "1e999", "-1", str(2**31), str(2**63), "9" * 5000,
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-W01-1", "2026-01-01",
    "00000000-0000-0000-0000-000000000000", "{" + "0" * 36 + "}", "historical", "1", "true", "a+b+c", "ada", "root",
    "192.0.2.10", "::1%eth0", "name", "email", "id", "web01", "Linux sudo", "Linux_sudo",
]  # fmt: skip
NASTY_NUMBERS = [
    -1, 0, 1, 7, 1000, 1001, 65536, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, 2**63, 10**18, 10**400, 1.5, 1e308,
]  # fmt: skip
NASTY = st.one_of(
    st.sampled_from([*NASTY_TEXT, *NASTY_NUMBERS, True, None, [], {}, [[]], [None], {"a": {"b": []}}]),
    st.text(max_size=40),
    st.recursive(st.none() | st.booleans() | st.text(max_size=5), lambda c: st.lists(c, max_size=3), max_leaves=8),
)
TIMES = [
    "2026-01-01T00:00:00Z",
    "2020-02-30T00:00:00Z",
    "9999-12-31T23:59:59.9999999Z",
    "2027-01-01T00:00:00+05:30",
]


Ids = dict[str, str]  # a piece of the name of a field, in lower case → an id that belongs there


def fitting(info: types.Type, ids: Ids, name: str = "") -> st.SearchStrategy[Any]:
    """What the type wants, as far as it goes: text may be too long, an id unknown."""
    if isinstance(info, types.Metadata):
        return fitting(info.type, ids, name)
    if isinstance(info, types.UnionType):
        return st.one_of(*(fitting(t, ids, name) for t in info.types))
    if isinstance(info, types.StructType):
        return struct(info, ids)
    if isinstance(info, types.ListType):
        return st.lists(fitting(info.item_type, ids, name), max_size=2)
    if isinstance(info, types.UUIDType):
        right = [some_id for piece, some_id in ids.items() if piece in name.lower()]
        return st.sampled_from([*right * 8, *ids.values()])
    if isinstance(info, types.EnumType) and issubclass(info.cls, IntEnum):
        names = [member.name.title().replace("_", "") for member in info.cls]
        return st.sampled_from([*names, *(int(member) for member in info.cls), 0, 0, 0, 1])
    if isinstance(info, types.IntType):
        return st.integers(-1, 1001)
    if isinstance(info, types.BoolType):
        return st.booleans()
    if isinstance(info, types.DateTimeType):
        return st.sampled_from(TIMES)
    if isinstance(info, types.CustomType) and info.cls is Secret:
        return st.sampled_from([CANARY, CANARY, CANARY * 20, {CANARY: 1}, [CANARY], f"{BEGIN}{CANARY}"])
    if isinstance(info, types.NoneType):
        return st.none()
    return st.one_of(st.text("abc-ßİ😀 _%", min_size=1, max_size=12), st.sampled_from(NASTY_TEXT))


def struct(info: types.StructType, ids: Ids) -> st.SearchStrategy[dict[str, Any]]:
    """A few of the fields, those that are needed among them; in one of three one thing is anything at all."""
    fields = {f.encode_name: fitting(f.type, ids, f.encode_name) for f in info.fields}
    needed = {f.encode_name for f in info.fields if f.required} | (NEEDED & set(fields))
    fine = st.fixed_dictionaries({name: fields[name] for name in needed})
    more = st.dictionaries(st.sampled_from(sorted(fields)), st.none(), max_size=3).flatmap(
        lambda chosen: st.fixed_dictionaries({name: fields[name] for name in chosen})
    )
    names = [spelt for name in fields for spelt in (name, name.upper())]
    broken = st.dictionaries(st.sampled_from(names), NASTY, max_size=1)
    return st.tuples(more, fine, st.one_of(st.just({}), st.just({}), broken)).map(lambda d: d[0] | d[1] | d[2])


@dataclass
class Request:
    route: Route
    who: str
    path: bytes
    query: bytes
    body: bytes


@st.composite
def requests(draw: st.DrawFn, ids: Ids, route: Route) -> Request:
    path = route.operation.paths[0]
    if route.params_type is not None:
        for field in types.type_info(route.params_type).fields:  # type: ignore[attr-defined]
            path = path.replace(
                "{" + field.encode_name + "}",
                encoded(draw(st.one_of(fitting(field.type, ids, field.encode_name), NASTY))),
            )
    query = ""
    if route.query_type is not None:
        info = types.type_info(route.query_type)
        query = urlencode(draw(struct(info, ids)), True, errors="surrogatepass")  # type: ignore[arg-type]
    body = b""
    if route.body_raw:
        odd = st.sampled_from([CANARY.encode(), b'"123456"', b"0", b'"\\ud800"', b"\xff"])
        body = draw(st.one_of(st.binary(max_size=40), odd))
    elif route.body_type is not None:
        body = json.dumps(draw(st.one_of(*[fitting(types.type_info(route.body_type), ids)] * 5, NASTY))).encode()
        body = draw(
            st.sampled_from([body, body, body, body, body[:-1], b"\xff" + body, body + b"\x00", b"[" * 40])
        )
    who = draw(st.sampled_from([*["admin"] * 4, "user", "holder", "application", "pending", "nobody", "garbage"]))
    return Request(route, who, path.encode("ascii"), query.encode("ascii"), body)


def encoded(value: Any) -> str:
    return quote(value if isinstance(value, str) else json.dumps(value), safe="", errors="surrogatepass")


async def call(app: Any, request: Request, credential: str | None) -> Answer:
    headers = {"content-type": "application/json"} | ({"authorization": credential} if credential else {})
    method = request.route.operation.method
    return await ask(app, method, request.path, query=request.query, headers=headers, body=request.body)


async def credentials(estate: Estate) -> dict[str, str | None]:
    """One of each kind of caller."""
    estate.callers.world.person("half")
    half = await estate.callers.nobody().post("/signinBody", {"Login": "half", "Password": PASSWORD})
    await estate.holder("ann", GRANTABLE[Target.POLICIES].permissions)
    robot = estate.callers.application("robot").http.headers["authorization"]

    def signing_in(name: str) -> Callable[[], str | None]:
        def sign_in() -> str | None:
            try:
                return f"Bearer {signed_in(estate.callers.api, UUID(estate.ids[name])).token}"
            except NotFound:  # a request that got through has deleted them
                return None

        return sign_in

    return {
        "admin": signing_in("root"),
        "user": signing_in("ada"),
        "holder": signing_in("ann"),
        "application": lambda: robot,
        "pending": lambda: f"Bearer {half.json()}",
        "nobody": lambda: None,
        "garbage": lambda: f"Bearer locum_ak_{CANARY}\r\n",
    }


@pytest.mark.parametrize(
    "database_url", [pytest.param("sqlite", marks=pytest.mark.full), "postgresql"], indirect=True
)
async def test_every_operation_answers_as_it_declares(estate: Estate, capfd: pytest.CaptureFixture[str]) -> None:
    session = (await estate.ask())["id"]
    robot = (await estate.admin.post("/api/v1/ManagedAccount/CreateApplicationUser", {"name": "r2"})).json()["id"]
    ids = {
        "session": session,
        "managedaccountid": robot,
        "managedaccount": estate.ids["ada"],
        "resource": estate.ids["web01"],
        "activityid": estate.ids["Linux sudo"],
        "accesspolicy": estate.ids["admins"],
        "serviceaccount": estate.ids["locum"],
        "policy": estate.ids["admins"],
        "roleid": await estate.role("names", ["policies:name:modify"], policyIds=[estate.ids["admins"]]),
        "identityid": estate.ids["eve"],
        "nothing": "9f0e8f9e-8a5c-4f7a-9b1c-6f5f2f0f2a11",
        "absent": "0" * 32,
    }
    who = await credentials(estate)
    app = create_app(estate.callers.api)
    done: set[str] = set()
    loop = asyncio.get_running_loop()

    def attack(route: Route) -> None:
        @settings(
            max_examples=EACH,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(requests(ids, route))
        def once(request: Request) -> None:
            with structlog.testing.capture_logs() as logs:
                answer = asyncio.run_coroutine_threadsafe(call(app, request, who[request.who]()), loop).result()
            if answer.status == route.operation.status:
                done.add(route.operation.name)
            declared = {route.operation.status, *route.problems, *KERNEL}
            assert answer.status in declared, (answer, logs)
            assert CANARY.encode() not in answer.body
            assert CANARY not in str(logs)
            for key, value in answer.headers:
                assert not re.search(rb"[\r\n\0]", key + value)
            if answer.status >= 400:
                problem = msgspec.json.decode(answer.body)
                assert problem["status"] == answer.status
                assert problem["traceId"]

        once()

    for route in ROUTES:
        await asyncio.to_thread(attack, route)
    missed = {route.operation.name for route in ROUTES} - done
    assert len(done) >= MOST, sorted(missed)  # or nearly all requests ended at the first check
    printed = capfd.readouterr()
    assert CANARY not in printed.out + printed.err
    details = estate.database.submit_read(lambda tx: tx.scalars(sa.select(audit_event.c.detail))).result()
    assert CANARY not in str(details)
