"""Every kind of caller before every kind of guard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from locum.api import guards
from locum.api.guards import Filtered, Scope, Who, authorise
from locum.identities.caller import Caller, Pending, Role
from locum.identities.key_bounds import KeyBounds
from locum.identities.rights import Bounds, Rights, ScopeKind
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission

READ = Permission.ACCOUNTS_LIST_READ
GUARDS = {name: who for name, who in vars(guards).items() if isinstance(who, Who) and who.signed_in}
ROLE_GUARDS = {
    "ADMIN": {Role.ADMIN},
    "APP": {Role.APP},
    "USER_PLUS": {Role.USER_PLUS},
    "ADMIN_OR_APP": {Role.ADMIN, Role.APP},
    "ADMIN_OR_REVIEWER": {Role.ADMIN, Role.REVIEWER},
    "ADMIN_OR_USER_PLUS": {Role.ADMIN, Role.USER_PLUS},
    "ADMIN_APP_OR_USER_PLUS": {Role.ADMIN, Role.APP, Role.USER_PLUS},
    "ADMIN_APP_OR_REVIEWER": {Role.ADMIN, Role.APP, Role.REVIEWER},
    "SIGNED_IN": set(Role),
}


def caller(*roles: Role, pending: Pending | None = None, permissions: Any = (READ,)) -> Caller:
    return Caller(UUID(int=1), "ann", "local", frozenset(roles), frozenset(permissions), pending)


def passes(who: Who, permission: Permission | None, one: Caller) -> bool:
    try:
        authorise(who, permission, one, "X.Y")
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
        authorise(guards.ADMIN_OR_APP, READ, caller(Role.USER), "X.Y")
    assert role.value.missing == "role Admin, App"
    with pytest.raises(Forbidden, match="permission accounts:list:read") as permission:
        authorise(guards.ADMIN, READ, caller(Role.ADMIN, permissions=()), "X.Y")
    assert permission.value.missing == "permission accounts:list:read"
    with pytest.raises(Forbidden, match="POST /signin2fa"):
        authorise(guards.ADMIN, READ, caller(pending="second_factor"), "X.Y")


ONE, TWO = UUID(int=1), UUID(int=2)
NAME, USERS = Permission.POLICIES_NAME_MODIFY, Permission.POLICIES_USERS_MODIFY
POLICY = Scope(ScopeKind.POLICY, "policyId", (NAME, USERS))


def holder(*permissions: Permission, kind: ScopeKind = ScopeKind.POLICY) -> Caller:
    """Somebody who has `permissions` for one thing."""
    bounds = Bounds(UUID(int=9), {kind: frozenset({ONE})})
    rights = Rights(dict.fromkeys(permissions, (bounds,)))
    return Caller(UUID(int=1), "ann", "local", frozenset({Role.USER_PLUS}), frozenset(), None, rights=rights)


def passes_for(one: Caller, thing: UUID | None, scope: Scope | Filtered | None = POLICY) -> bool:
    try:
        authorise(guards.ADMIN_OR_USER_PLUS, READ, one, "X.Y", scope, thing)
    except Forbidden:
        return False
    return True


def test_a_right_in_scope_is_enough_where_the_operation_says_so() -> None:
    for right in (NAME, USERS):
        assert passes_for(holder(right), ONE)
        assert not passes_for(holder(right), TWO)
        assert not passes_for(holder(right), None)
        assert not passes_for(holder(right), ONE, None)
    assert not passes_for(holder(), ONE)
    assert not passes_for(holder(READ), ONE)
    assert not passes_for(holder(*(set(Permission) - {NAME, USERS})), ONE)
    assert passes_for(holder(NAME, kind=ScopeKind.IDENTITY), TWO)  # not limited to any policy
    assert passes_for(caller(Role.ADMIN), None)


def test_a_filtered_list_takes_any_of_its_rights() -> None:
    for right in Permission:
        assert passes_for(holder(right), None, Filtered((NAME, USERS))) == (right in (NAME, USERS))
    assert not passes_for(holder(), None, Filtered((NAME,)))


def test_the_contracts_roles_stay_the_first_gate() -> None:
    held = holder(NAME)
    with pytest.raises(Forbidden, match="one of the roles Admin"):
        authorise(guards.ADMIN, READ, held, "X.Y", POLICY, ONE)


def test_a_refusal_names_the_permission_and_the_kind_of_thing() -> None:
    with pytest.raises(Forbidden) as refused:
        authorise(guards.ADMIN_OR_USER_PLUS, READ, holder(), "X.Y", POLICY, ONE)
    missing = f"permission {READ} or {NAME} or {USERS} for this policy"
    assert (refused.value.detail, refused.value.missing) == (f"this needs the {missing}", missing)
    with pytest.raises(Forbidden) as refused:
        authorise(guards.ADMIN_OR_USER_PLUS, NAME, holder(), "X.Y", Filtered((NAME,)))
    assert refused.value.missing == f"permission {NAME}"


def test_a_key_for_listed_things_is_for_no_other() -> None:
    key = KeyBounds(UUID(int=7), policies=frozenset({ONE}), credentials=frozenset({ONE}))
    held = replace(caller(Role.ADMIN, permissions=Permission), key=key)
    for kind in (ScopeKind.POLICY, ScopeKind.CREDENTIAL):
        scope = Scope(kind, "thingId", (NAME,))
        authorise(guards.ADMIN, READ, held, "X.Y", scope, ONE)
        with pytest.raises(Forbidden, match="this API key is not for that") as refused:
            authorise(guards.ADMIN, READ, held, "X.Y", scope, TWO)
        assert refused.value.missing == f"key scope {kind}"
    authorise(guards.ADMIN, READ, held, "X.Y", Scope(ScopeKind.IDENTITY, "thingId", (NAME,)), TWO)


def test_a_step_that_is_not_waiting_is_refused_in_its_own_words() -> None:
    with pytest.raises(Forbidden) as refused:
        authorise(guards.PENDING, None, caller(*Role), "X.Y")
    assert refused.value.detail == "this step of the sign-in is not waiting to be done"
    assert refused.value.missing == "pending sign-in"


@pytest.mark.parametrize("pending", ["second_factor", "enrolment", "password_change"])
def test_a_refused_step_names_what_is_missing(pending: Pending) -> None:
    with pytest.raises(Forbidden) as refused:
        authorise(guards.ADMIN, READ, caller(*Role, pending=pending), "X.Y")
    assert refused.value.missing == pending
