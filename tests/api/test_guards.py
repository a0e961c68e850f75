"""Every kind of caller before every kind of guard."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from locum.api import guards
from locum.api.guards import Who, authorise
from locum.identities.caller import Caller, Pending, Role
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission

READ = Permission.ACCOUNTS_LIST_READ
GUARDS = {name: who for name, who in vars(guards).items() if isinstance(who, Who) and who.signed_in}
ROLE_GUARDS = {
    "ADMIN": {Role.ADMIN},
    "APP": {Role.APP},
    "USER_PLUS": {Role.USER_PLUS},
    "ADMIN_OR_APP": {Role.ADMIN, Role.APP},
    "ADMIN_OR_USER_PLUS": {Role.ADMIN, Role.USER_PLUS},
    "ADMIN_APP_OR_USER_PLUS": {Role.ADMIN, Role.APP, Role.USER_PLUS},
    "ADMIN_APP_OR_REVIEWER": {Role.ADMIN, Role.APP, Role.REVIEWER},
    "SIGNED_IN": set(Role),
}


def caller(*roles: Role, pending: Pending | None = None, permissions: Any = (READ,)) -> Caller:
    return Caller(UUID(int=1), "ann", "local", frozenset(roles), frozenset(permissions), pending)


def passes(who: Who, permission: Permission | None, one: Caller) -> bool:
    try:
        authorise(who, permission, one)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("name", ROLE_GUARDS)
def test_any_one_of_the_roles_and_the_permission(name: str) -> None:
    who = GUARDS[name]
    for role in Role:
        assert passes(who, READ, caller(role)) == (role in ROLE_GUARDS[name])
        assert not passes(who, READ, caller(role, permissions=()))
        assert not passes(who, READ, caller(role, permissions=set(Permission) - {READ}))
        assert not passes(who, None, caller(role))


@pytest.mark.parametrize("pending", ["second_factor", "enrolment", "password_change"])
@pytest.mark.parametrize("name", ROLE_GUARDS)
def test_an_unfinished_sign_in_passes_none_of_them(name: str, pending: Pending) -> None:
    assert not passes(GUARDS[name], READ, caller(*Role, pending=pending, permissions=Permission))


def test_every_guard_is_tested_here() -> None:
    assert {n for n, who in GUARDS.items() if not who.pending} == ROLE_GUARDS.keys()


@pytest.mark.parametrize("name", [n for n, who in GUARDS.items() if who.pending])
@pytest.mark.parametrize("pending", ["second_factor", "enrolment", "password_change", None])
def test_a_step_of_the_sign_in_lets_only_those_at_it_pass(name: str, pending: Pending | None) -> None:
    who = GUARDS[name]
    assert passes(who, None, caller(*Role, pending=pending)) == (pending in who.pending)


def test_a_refusal_says_what_is_missing() -> None:
    with pytest.raises(Forbidden, match="one of the roles Admin, App") as role:
        authorise(guards.ADMIN_OR_APP, READ, caller(Role.USER))
    assert role.value.missing == "role Admin, App"
    with pytest.raises(Forbidden, match="permission accounts:list:read") as permission:
        authorise(guards.ADMIN, READ, caller(Role.ADMIN, permissions=()))
    assert permission.value.missing == "permission accounts:list:read"
    with pytest.raises(Forbidden, match="POST /signin2fa"):
        authorise(guards.ADMIN, READ, caller(pending="second_factor"))


def test_a_step_that_is_not_waiting_is_refused_in_its_own_words() -> None:
    with pytest.raises(Forbidden) as refused:
        authorise(guards.PENDING, None, caller(*Role))
    assert refused.value.detail == "this step of the sign-in is not waiting to be done"
    assert refused.value.missing == "pending sign-in"


@pytest.mark.parametrize("pending", ["second_factor", "enrolment", "password_change"])
def test_a_refused_step_names_what_is_missing(pending: Pending) -> None:
    with pytest.raises(Forbidden) as refused:
        authorise(guards.ADMIN, READ, caller(*Role, pending=pending))
    assert refused.value.missing == pending
