"""PURE: rights that hold for listed things only, as custom roles give them (ROLE-02 to ROLE-04).

A right is held within the bounds of the role it came from. Two roles never add up to a right that neither gives: who
may change the users of one policy, and one user of another, may not change that other's users.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from locum.kit.permissions import Permission


class ScopeKind(StrEnum):
    """What a right can be bounded by. The words are those of `custom_role_scope`, and of refusals."""

    POLICY = "policy"
    ACTIVITY = "activity"
    IDENTITY = "identity"
    RESOURCE = "resource"
    CREDENTIAL = "credential"


Things = Mapping[ScopeKind, UUID]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one role is for. Of a kind that is not in `listed`, everything."""

    role_id: UUID
    listed: Mapping[ScopeKind, frozenset[UUID]]

    def admit(self, things: Things) -> bool:
        """Whether all of `things` lie within."""
        return all(kind not in self.listed or thing in self.listed[kind] for kind, thing in things.items())


@dataclass(frozen=True, slots=True)
class Rights:
    """Each permission that is held within bounds, with the bounds of every role that gives it."""

    held: Mapping[Permission, tuple[Bounds, ...]] = field(default_factory=dict)

    def bounds(self, permission: Permission) -> tuple[Bounds, ...]:
        return self.held.get(permission, ())

    def allow(self, permissions: Iterable[Permission], things: Things) -> bool:
        """Whether one role gives one of `permissions` for all of `things` together."""
        return any(b.admit(things) for permission in permissions for b in self.bounds(permission))


NO_RIGHTS = Rights()
