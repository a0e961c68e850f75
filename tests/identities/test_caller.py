"""Who stands behind a request."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from uuid import UUID

import pytest

from locum.identities.caller import Caller, Role
from locum.kit.actor import Actor

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
