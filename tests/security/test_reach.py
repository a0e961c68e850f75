"""What you may reach: every live route before every kind of caller, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest

from api_sample import PEOPLE, RIGHTS, Server, running
from locum.api.app import all_routes
from locum.api.controllers import CONTROLLERS
from locum.api.guards import Filtered, Scope, authorise
from locum.api.operations import Route
from locum.identities.caller import Caller, Role
from locum.identities.rights import NO_RIGHTS
from locum.identities.roles import permissions_of
from locum.kit.errors import Forbidden

ROUTES = {f"{r.operation.name} {path}": (r, path) for r in all_routes() for path in r.operation.paths}
# What a sign-in that is not complete is for, word for word: nothing else that begins like one of these is open to it.
STEPS = {
    "POST /signin2fa",
    "POST /sigin2fa",
    "POST /api/locum/v1/SecondFactor/Totp",
    "POST /api/locum/v1/SecondFactor/Totp/Confirm",
    "POST /api/locum/v1/SecondFactor/Passkey/Options",
    "POST /api/locum/v1/SecondFactor/Passkey",
    "POST /api/locum/v1/Passkey/Options",
    "POST /api/locum/v1/Passkey",
    "PUT /api/v1/ManagedAccount/ChangeLocalUserPassword",
}
SIGNED_IN = {name: who for name, who in ROUTES.items() if who[0].who.signed_in}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("reach"), CONTROLLERS) as started:
        yield started


def target(path: str) -> str:
    return re.sub(r"{\w+}", str(UUID(int=1)), path)


def may(route: Route, who: str) -> bool:
    roles, permissions, pending = PEOPLE[who]
    caller = Caller(UUID(int=1), who, "local", roles, permissions, pending, rights=RIGHTS.get(who, NO_RIGHTS))
    thing = UUID(int=1) if route.scope_field else None
    try:
        authorise(
            route.who, route.operation.permission, caller, route.operation.name, route.operation.scope, thing
        )
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("name", SIGNED_IN)
def test_sec_11_every_route_asks_who_calls(server: Server, name: str) -> None:
    route, path = SIGNED_IN[name]
    for credential in (None, "nobody", "locked"):
        for spelling in (target(path), target(path).upper(), target(path) + "/"):
            assert server.call(route.operation.method, spelling, who=credential).status == 401


@pytest.mark.parametrize("name", SIGNED_IN)
def test_sec_11_who_lacks_role_or_permission_is_refused(server: Server, name: str) -> None:
    route, path = SIGNED_IN[name]
    for who in PEOPLE:
        if not may(route, who):
            assert server.call(route.operation.method, target(path), b"{", who=who).status == 403


def test_sec_11_a_right_in_scope_opens_what_is_declared_for_it_and_nothing_else() -> None:
    """`inside` and `outside` hold every permission there is, of one thing only; the paths name the first's."""
    opened = {who: {n for n, (r, _) in SIGNED_IN.items() if may(r, who)} for who in PEOPLE}
    named = {n for n, (r, _) in SIGNED_IN.items() if isinstance(r.operation.scope, Scope)}
    lists = {n for n, (r, _) in SIGNED_IN.items() if isinstance(r.operation.scope, Filtered)}
    assert opened["inside"] - opened["userplus"] == named | lists
    assert opened["outside"] - opened["userplus"] == lists
    assert len(named) == 3
    assert len(lists) == 3


@pytest.mark.parametrize("name", SIGNED_IN)
def test_sec_07_an_unfinished_sign_in_reaches_its_own_steps_only(server: Server, name: str) -> None:
    route, path = SIGNED_IN[name]
    if f"{route.operation.method} {path}" not in STEPS:
        for who in ("half", "new", "stale"):
            assert server.call(route.operation.method, target(path), who=who).status == 403


@pytest.mark.parametrize("name", [n for n, (r, _) in SIGNED_IN.items() if r.who.needs_permission])
def test_sec_11_every_role_the_contract_names_has_the_permission(name: str) -> None:
    """UserPlus has rights through custom roles only, so its name alone opens nothing."""
    route, _ = SIGNED_IN[name]
    for role in (route.who.roles or {Role.USER}) - {Role.USER_PLUS}:
        assert route.operation.permission in permissions_of({role}), role


def test_sec_11_what_is_open_to_anyone_is_a_short_list() -> None:
    opened = {path for route, path in ROUTES.values() if not route.who.signed_in}
    assert opened == {
        "/api/v1/Health",
        "/api/v1/Version",
        "/signinBody",
        "/api/locum/v1/SignIn/Passkey/Options",
        "/api/locum/v1/SignIn/Passkey",
    }
