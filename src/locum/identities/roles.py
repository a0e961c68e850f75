"""What each built-in role may do. Everything not listed is denied."""

from __future__ import annotations

from collections.abc import Iterable

from locum.identities.caller import Role
from locum.kit.permissions import Permission

_USER = frozenset(
    {
        Permission.ACCOUNTS_SELF_MANAGE,
        Permission.ACCOUNTS_SELF_READ,
        Permission.CATALOG_ACTIVITY_READ,
        Permission.CATALOG_PLATFORM_READ,
        Permission.CATALOG_PROFILE_READ,
        Permission.SESSIONS_OWN_USE,
    }
)

# An application can do what a user can, and what the contract gives the role App.
_APP = _USER | {
    Permission.ACCOUNTS_KEY_GENERATE,
    Permission.ACCOUNTS_KEY_REVEAL,
    Permission.ACCOUNTS_LIST_READ,
    Permission.ACCOUNTS_LOCAL_CREATE,
    Permission.CREDENTIALS_CREDENTIAL_READ,
    Permission.CREDENTIALS_SECRET_REVEAL,
    Permission.POLICIES_POLICY_CREATE,
    Permission.RESOURCES_RESOURCE_CREATE,
    Permission.RESOURCES_RESOURCE_READ,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.USER: _USER,
    Role.REVIEWER: frozenset({Permission.ACCOUNTS_LIST_READ, Permission.ACCOUNTS_SELF_READ}),
    Role.APP: _APP,
    # The rights of a custom role come with the role itself; the name alone gives none.
    Role.USER_PLUS: frozenset(),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that at least one of `roles` allows."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))
