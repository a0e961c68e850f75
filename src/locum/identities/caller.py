"""Who stands behind a request, as one database unit of work found it. The API's guards read nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from locum.identities.key_bounds import KeyBounds
from locum.identities.rights import NO_RIGHTS, Rights, ScopeKind
from locum.kit.actor import Actor
from locum.kit.permissions import Permission


class Role(StrEnum):
    """The role names of the contract. Rights come from permissions; a role is the contract's first gate."""

    ADMIN = "Admin"
    USER = "User"
    REVIEWER = "Reviewer"
    APP = "App"
    USER_PLUS = "UserPlus"


Pending = Literal["second_factor", "enrolment", "password_change"]


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated identity.

    `pending` names the step of the sign-in that is still to be done; while there is one, `roles` and `permissions`
    give nothing (AUTH-03, SEC-07). An application has no second factor: its key is proof enough, `pending` is None.
    `token_end` is the `exp` of the token presented, None for a cookie or an API key; `sign_in_id` the sign-in it is
    of. `key` bounds what may be done with an API key, or with a token made with one. `touch`: the idle time of the
    sign-in is to start anew. `permissions` hold for everything; `rights` are those of custom roles, for listed things
    only.
    """

    identity_id: UUID
    name: str
    kind: Literal["local", "application"]
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    pending: Pending | None
    address: str | None = None
    token_end: int | None = None
    sign_in_id: UUID | None = None
    key: KeyBounds | None = None
    touch: bool = False
    rights: Rights = NO_RIGHTS

    def may(self, permission: Permission, things: Mapping[ScopeKind, UUID]) -> bool:
        """Whether `permission` is held for everything, or by one role for all of `things`."""
        return permission in self.permissions or self.rights.allow((permission,), things)

    @property
    def second_factor_done(self) -> bool:
        return self.pending is None

    @property
    def actor(self) -> Actor:
        """How the audit log names this caller."""
        return Actor(self.identity_id, self.name, self.address)
