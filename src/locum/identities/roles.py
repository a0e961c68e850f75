"""What each built-in role may do, and what a custom role can give. Everything not listed is denied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5

from locum.identities.caller import Role
from locum.identities.rights import ScopeKind
from locum.kit.permissions import Permission

# The ids of what has no row: built-in roles, permissions and their groups. Clients keep them.
_NAMESPACE = UUID("5e551045-0000-4000-8000-0000000000a0")


def fixed_id(kind: str, name: str) -> UUID:
    """The same id on every installation for something that Locum itself brings along."""
    return uuid5(_NAMESPACE, f"{kind}/{name}")


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
    Permission.ACCOUNTS_ACCOUNT_DELETE,
    Permission.ACCOUNTS_ACCOUNT_LOCK,
    Permission.ACCOUNTS_KEY_GENERATE,
    Permission.ACCOUNTS_KEY_REVEAL,
    Permission.ACCOUNTS_LIST_READ,
    Permission.ACCOUNTS_LOCAL_CREATE,
    Permission.ACCOUNTS_LOCAL_MANAGE,
    Permission.ACCOUNTS_REVIEWER_MANAGE,
    Permission.CATALOG_COMPLEXITY_READ,
    Permission.CATALOG_SCHEDULE_READ,
    Permission.CREDENTIALS_CREDENTIAL_MANAGE,
    Permission.CREDENTIALS_CREDENTIAL_READ,
    Permission.CREDENTIALS_CREDENTIAL_UNMANAGE,
    Permission.CREDENTIALS_PASSWORD_VERIFY,
    Permission.CREDENTIALS_ROTATION_SCHEDULE,
    Permission.CREDENTIALS_SECRET_COPY,
    Permission.CREDENTIALS_SECRET_EXPORT,
    Permission.CREDENTIALS_SECRET_REVEAL,
    Permission.POLICIES_POLICY_CREATE,
    Permission.POLICIES_POLICY_MODIFY,
    Permission.POLICIES_POLICY_READ,
    Permission.RESOURCES_RESOURCE_CHANGE,
    Permission.RESOURCES_RESOURCE_CREATE,
    Permission.RESOURCES_RESOURCE_READ,
    Permission.SESSIONS_SERVICE_USE,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.USER: _USER,
    Role.REVIEWER: frozenset(
        {
            Permission.ACCOUNTS_LIST_READ,
            Permission.ACCOUNTS_SELF_MANAGE,
            Permission.ACCOUNTS_SELF_READ,
            Permission.POLICIES_CERTIFICATION_REVIEW,
        }
    ),
    Role.APP: _APP,
    # The rights of a custom role come with the role itself; the name alone only lets its bearer ask for them.
    Role.USER_PLUS: frozenset({Permission.ACCOUNTS_SELF_READ}),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that at least one of `roles` allows."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A role that comes with Locum: nobody can change, copy or delete it (ROLE-01)."""

    id: UUID
    role: Role
    name: str
    description: str


def _built_in(role: Role, name: str, description: str) -> BuiltIn:
    return BuiltIn(fixed_id("role", name), role, name, description)


BUILT_IN: tuple[BuiltIn, ...] = (
    _built_in(Role.ADMIN, "Administrator", "May do everything"),
    _built_in(Role.USER, "User", "Asks for access sessions under the policies that name them"),
    _built_in(Role.REVIEWER, "Reviewer", "Sees people and applications, and certifies the access they have"),
    _built_in(Role.APP, "App", "What an application may do; applications hold it, and nobody else"),
)


class Target(StrEnum):
    """What a custom role is about. Also the group its permissions are asked for by (ROLE-05)."""

    POLICIES = "policies"
    CREDENTIALS = "credentials"
    RECORDINGS = "recordings"


@dataclass(frozen=True, slots=True)
class Grantable:
    """What a custom role of one target can give, and by which kinds of things it can be bounded."""

    permissions: tuple[Permission, ...]
    scopes: tuple[ScopeKind, ...]


GRANTABLE: dict[Target, Grantable] = {
    Target.POLICIES: Grantable(
        (
            Permission.POLICIES_ACTIVITIES_MODIFY,
            Permission.POLICIES_DESCRIPTION_MODIFY,
            Permission.POLICIES_NAME_MODIFY,
            Permission.POLICIES_PROFILE_MODIFY,
            Permission.POLICIES_RESOURCES_MODIFY,
            Permission.POLICIES_USERS_MODIFY,
        ),
        (ScopeKind.POLICY, ScopeKind.ACTIVITY, ScopeKind.IDENTITY, ScopeKind.RESOURCE),
    ),
    Target.CREDENTIALS: Grantable(
        (
            Permission.CREDENTIALS_CREDENTIAL_MANAGE,
            Permission.CREDENTIALS_CREDENTIAL_UNMANAGE,
            Permission.CREDENTIALS_PASSWORD_VERIFY,
            Permission.CREDENTIALS_PASSWORD_VIEW,
            Permission.CREDENTIALS_ROTATION_SCHEDULE,
            Permission.CREDENTIALS_SERVICES_ROTATE,
        ),
        (ScopeKind.CREDENTIAL,),
    ),
    Target.RECORDINGS: Grantable(
        (Permission.RECORDINGS_ENDED_VIEW,),
        (ScopeKind.IDENTITY, ScopeKind.RESOURCE),
    ),
}
