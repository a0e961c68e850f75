"""What the built-in roles may do."""

from __future__ import annotations

from locum.identities.caller import Role
from locum.identities.roles import PERMISSIONS, permissions_of
from locum.kit.permissions import Permission


def test_every_role_is_listed_and_only_the_administrator_has_everything() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert PERMISSIONS[Role.ADMIN] == frozenset(Permission)
    assert all(PERMISSIONS[role] < frozenset(Permission) for role in Role if role is not Role.ADMIN)


def test_an_application_may_what_a_user_may() -> None:
    assert PERMISSIONS[Role.USER] < PERMISSIONS[Role.APP]
    assert Permission.ACCOUNTS_APPLICATION_CREATE not in PERMISSIONS[Role.APP]


def test_roles_add_up() -> None:
    assert permissions_of([]) == frozenset()
    assert permissions_of([Role.USER_PLUS]) == {Permission.ACCOUNTS_SELF_READ}
    assert permissions_of([Role.USER, Role.REVIEWER]) == PERMISSIONS[Role.USER] | PERMISSIONS[Role.REVIEWER]
