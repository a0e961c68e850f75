"""What the built-in roles may do."""

from __future__ import annotations

from locum.identities.caller import Role
from locum.identities.roles import BUILT_IN, GRANTABLE, PERMISSIONS, _built_in, fixed_id, permissions_of
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


def test_built_in_roles_have_ids_that_never_change() -> None:
    assert [(role.name, role.role) for role in BUILT_IN] == [
        ("Administrator", Role.ADMIN), ("User", Role.USER), ("Reviewer", Role.REVIEWER), ("App", Role.APP),
    ]  # fmt: skip
    assert [str(role.id)[:8] for role in BUILT_IN] == ["0eae1df1", "7fbecf0f", "ff73d0ef", "a473ae81"]


def test_a_custom_role_can_give_nothing_that_reaches_beyond_its_target() -> None:
    permissions = [permission for grantable in GRANTABLE.values() for permission in grantable.permissions]
    assert len(permissions) == len(set(permissions)) == 13
    for target, grantable in GRANTABLE.items():
        assert all(permission.startswith(f"{target}:") for permission in grantable.permissions)
        assert list(grantable.permissions) == sorted(grantable.permissions)
    assert not PERMISSIONS[Role.USER] & set(permissions)


def test_built_in_roles_are_made_of_what_they_say() -> None:
    """The ids are the same on every installation: clients keep them."""
    assert str(fixed_id("role", "Administrator")).startswith("0eae1df1")
    for role in BUILT_IN:
        assert _built_in(role.role, role.name, role.description) == role
        assert role.id == fixed_id("role", role.name) != fixed_id("group", role.name)
