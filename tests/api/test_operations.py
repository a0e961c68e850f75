"""Default deny at the start: a declaration that does not hold stops the server (SEC-11)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

import api_sample
from locum.api.app import CONTROLLERS, all_routes, create_app
from locum.api.context import Call
from locum.api.guards import ADMIN, ANYONE, PENDING_SECOND_FACTOR, Filtered, Scope
from locum.api.operations import Operation, Route, Unit, bind, operation, table
from locum.api.routing import Router
from locum.api.wire.base import In, Name
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import StartError
from locum.kit.permissions import Permission

READ = Permission.ACCOUNTS_SELF_READ


class Named(In):
    name: Name


class AboutThing(In):
    thing_id: UUID


class Loose(In):
    name: str


def declared(handler: Callable[..., Any], line: str = "GET /x", **given: Any) -> Operation:
    return operation("X.Y", line, **({"who": ADMIN, "permission": READ, "summary": ""} | given))(handler)


def reading(tx: ReadTx, call: Call[None, None, None]) -> str:
    return ""


def writing(tx: Tx, call: Call[None, None, None]) -> None: ...


async def waiting(call: Call[None, None, None]) -> None: ...


def refused(op: Operation) -> str:
    with pytest.raises(StartError) as caught:
        bind(op)
    assert "X.Y" in caught.value.detail
    return caught.value.detail


def test_units_follow_from_the_handlers_first_parameter() -> None:
    assert bind(declared(reading)).unit is Unit.READ
    assert bind(declared(writing, audit="x.y")).unit is Unit.WRITE
    assert bind(declared(waiting)).unit is Unit.WAITING


def test_no_permission_no_start() -> None:
    assert "declares no permission" in refused(declared(reading, permission=None))


def test_nobody_named_no_start() -> None:
    assert "does not say who may call it" in refused(declared(reading, who=None))


@pytest.mark.parametrize("who", [ANYONE, PENDING_SECOND_FACTOR])
def test_a_permission_nobody_can_have_yet(who: Any) -> None:
    assert "can't have one yet" in refused(declared(reading, who=who))
    assert bind(declared(reading, who=who, permission=None)).who is who


def test_a_write_without_an_audit_row_no_start() -> None:
    assert "no audit row" in refused(declared(writing))


def test_handlers_that_do_not_fit() -> None:
    def no_call(tx: ReadTx) -> str:
        return ""

    def no_transaction(call: Call[None, None, None]) -> str:
        return ""

    async def transaction_and_waiting(tx: Tx, call: Call[None, None, None]) -> str:
        return ""

    def no_answer(tx: ReadTx, call: Call[None, None, None]):  # type: ignore[no-untyped-def]
        return ""

    assert "last parameter must be Call" in refused(declared(no_call))
    assert "handler must be" in refused(declared(no_transaction))
    assert "handler must be" in refused(declared(transaction_and_waiting))
    assert "what it answers" in refused(declared(no_answer))


def test_a_scope_that_names_nothing_no_start() -> None:
    def about(tx: ReadTx, call: Call[AboutThing, None, None]) -> str:
        return ""

    def by_name(tx: ReadTx, call: Call[Named, None, None]) -> str:
        return ""

    rights = (Permission.POLICIES_NAME_MODIFY,)
    scope = Scope(ScopeKind.POLICY, "thingId", rights)
    assert bind(declared(about, "GET /x/{thingId}", scope=scope)).scope_field == "thing_id"
    assert bind(declared(reading, scope=Filtered(rights))).scope_field is None
    other = Scope(ScopeKind.POLICY, "policyId", rights)
    assert "about policyId, which is no id" in refused(declared(about, "GET /x/{thingId}", scope=other))
    assert "is no id in its path" in refused(declared(reading, scope=scope))
    text = Scope(ScopeKind.POLICY, "name", rights)
    assert "is no id in its path" in refused(declared(by_name, "GET /x/{name}", scope=text))
    for none in (Scope(ScopeKind.POLICY, "thingId", ()), Filtered(())):
        assert "no right opens" in refused(declared(about, "GET /x/{thingId}", scope=none))
    assert "no permission" in refused(declared(reading, who=ANYONE, permission=None, scope=Filtered(rights)))


def test_path_variables_and_parameters_agree() -> None:
    def named(tx: ReadTx, call: Call[Named, None, None]) -> str:
        return ""

    assert bind(declared(named, "GET /x/{name}")).params_type is Named
    assert "path variables" in refused(declared(named))
    assert "path variables" in refused(declared(reading, "GET /x/{name}"))


def test_text_without_a_limit_no_start() -> None:
    def query(tx: ReadTx, call: Call[None, Loose, None]) -> str:
        return ""

    def body(tx: ReadTx, call: Call[None, None, Loose]) -> str:
        return ""

    def bare(tx: ReadTx, call: Call[None, None, str]) -> str:
        return ""

    for handler in (query, body, bare):
        assert "length limit" in refused(declared(handler))


@pytest.mark.parametrize("line", ["TRACE /x", "get /x", "GET x", "GET /x//y", "GET /x/", "GET /{a b}", "GET"])
def test_malformed_routes(line: str) -> None:
    refused(declared(reading, line))


def test_statuses_that_are_not_ours() -> None:
    assert "error status" in refused(declared(reading, problems=(500,)))


def test_the_kernels_own_error_statuses_are_added() -> None:
    def body(tx: ReadTx, call: Call[None, None, Named]) -> str:
        return ""

    assert bind(declared(body, problems=(409,))).problems == (400, 401, 403, 409, 413, 415)
    assert bind(declared(reading, who=ANYONE, permission=None)).problems == ()


def module(**members: Any) -> ModuleType:
    made = ModuleType(__name__)
    vars(made).update(members)
    return made


def test_one_name_twice_no_start() -> None:
    with pytest.raises(StartError, match=r"X\.Y is declared twice"):
        table([module(a=declared(reading), b=declared(waiting, "GET /z"))])


def test_an_operation_imported_by_another_controller_is_not_declared_there() -> None:
    other = module(a=declared(reading))
    other.__name__ = "another"
    assert table([other]) == ()


def test_one_bad_declaration_keeps_the_whole_server_from_starting() -> None:
    api: Any = None
    with pytest.raises(StartError, match="declares no permission"):
        create_app(api, (sys.modules[api_sample.__name__], module(a=declared(reading, permission=None))))


def live() -> tuple[Route, ...]:
    return all_routes(CONTROLLERS)


def test_the_live_table_holds_and_names_everything() -> None:
    routes = live()
    Router(routes)
    for route in routes:
        assert route.operation.summary
        assert (route.operation.permission is not None) == route.who.needs_permission


def test_only_these_are_open_to_anyone() -> None:
    assert {r.operation.name for r in live() if not r.who.signed_in} <= {
        "Health.Get",
        "Version.Get",
        "SignIn.Body",
        "SignIn.Form",
        "SignIn.Passkey",
        "SignIn.PasskeyOptions",
        "AppUserToken.Post",
        "SshGateway.Get",
    }
