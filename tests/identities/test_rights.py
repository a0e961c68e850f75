"""Rights within bounds: what one role gives, and that two never add up to more."""

from __future__ import annotations

from itertools import product
from uuid import UUID

import pytest

from locum.identities.rights import NO_RIGHTS, Bounds, Rights, ScopeKind
from locum.identities.roles import GRANTABLE, Target
from locum.kit.permissions import Permission

NAME, USERS = Permission.POLICIES_NAME_MODIFY, Permission.POLICIES_USERS_MODIFY
ONE, TWO, ROLE = UUID(int=1), UUID(int=2), UUID(int=9)
EACH = [(target, permission) for target, g in GRANTABLE.items() for permission in g.permissions]


def listing(**kinds: UUID) -> Bounds:
    return Bounds(ROLE, {ScopeKind(kind): frozenset({thing}) for kind, thing in kinds.items()})


@pytest.mark.parametrize(("target", "permission"), EACH)
def test_each_right_with_and_without_in_and_out_of_scope(target: Target, permission: Permission) -> None:
    other = next(p for p in Permission if p is not permission)
    for kind in GRANTABLE[target].scopes:
        rights = Rights({permission: (listing(**{kind: ONE}),)})
        assert rights.allow([permission], {kind: ONE})
        assert rights.allow([other, permission], {kind: ONE})
        assert not rights.allow([permission], {kind: TWO})
        assert not rights.allow([other], {kind: ONE})
        assert not NO_RIGHTS.allow([permission], {kind: ONE})


def test_of_a_kind_that_is_not_listed_everything() -> None:
    rights = Rights({USERS: (listing(policy=ONE),)})
    for someone in (ONE, TWO):
        assert rights.allow([USERS], {ScopeKind.POLICY: ONE, ScopeKind.IDENTITY: someone})
    assert rights.allow([USERS], {})


def test_two_roles_do_not_add_up() -> None:
    rights = Rights({USERS: (listing(policy=ONE, identity=ONE), listing(policy=TWO, identity=TWO))})
    for policy, someone in product((ONE, TWO), repeat=2):
        things = {ScopeKind.POLICY: policy, ScopeKind.IDENTITY: someone}
        assert rights.allow([USERS], things) == (policy == someone)
    apart = Rights({USERS: (listing(policy=ONE),), NAME: (listing(policy=TWO),)})
    assert not apart.allow([NAME], {ScopeKind.POLICY: ONE})
