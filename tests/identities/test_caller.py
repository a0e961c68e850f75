"""Who stands behind a request."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from uuid import UUID

import pytest

from locum.identities.caller import Caller, Role
from locum.identities.rights import Bounds, Rights, ScopeKind
from locum.kit.actor import Actor
from locum.kit.permissions import Permission

ANN = Caller(UUID(int=1), "ann", "local", frozenset({Role.USER}), frozenset(), None, "192.0.2.1")


def test_the_actor_carries_the_address() -> None:
    assert ANN.actor == Actor(UUID(int=1), "ann", "192.0.2.1")


def test_the_second_factor_is_done_when_nothing_is_pending() -> None:
    assert ANN.second_factor_done
    for step in ("second_factor", "enrolment", "password_change"):
        half = Caller(ANN.identity_id, "ann", "local", frozenset(), frozenset(), step)
        assert not half.second_factor_done


def test_a_caller_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        ANN.roles = frozenset({Role.ADMIN})  # type: ignore[misc]


def test_roles_are_the_contracts_words() -> None:
    assert {str(role) for role in Role} == {"Admin", "User", "Reviewer", "App", "UserPlus"}


def test_a_permission_is_had_for_everything_or_for_the_things_of_a_role() -> None:
    name, one, other = (
        Permission.POLICIES_NAME_MODIFY,
        {ScopeKind.POLICY: UUID(int=1)},
        {ScopeKind.POLICY: UUID(int=2)},
    )
    bounds = Bounds(UUID(int=9), {ScopeKind.POLICY: frozenset({UUID(int=1)})})
    holder = Caller(UUID(int=1), "ann", "local", frozenset(), frozenset(), None, rights=Rights({name: (bounds,)}))
    whole = Caller(UUID(int=1), "ann", "local", frozenset(), frozenset({name}), None)
    assert [who.may(name, thing) for who in (ANN, holder, whole) for thing in (one, other)] == [
        False, False, True, False, True, True,
    ]  # fmt: skip
