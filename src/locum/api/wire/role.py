"""Roles. The contract has tables of them but no operation, so the shapes are Locum's own."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.wire.base import In, Line, Name, Out, Time
from locum.api.wire.enums import EntityType
from locum.kit.ids import NIL


class RoleView(Out):
    """A role. The lists say what a custom one is for; an empty list means everything of that kind."""

    id: UUID = NIL
    name: str = ""
    description: str | None = None
    is_built_in: bool = False
    target: str | None = None
    permissions: list[str] = msgspec.field(default_factory=list)
    policy_ids: list[UUID] = msgspec.field(default_factory=list)
    activity_ids: list[UUID] = msgspec.field(default_factory=list)
    managed_account_ids: list[UUID] = msgspec.field(default_factory=list)
    managed_resource_ids: list[UUID] = msgspec.field(default_factory=list)
    credential_ids: list[UUID] = msgspec.field(default_factory=list)
    member_count: int = 0
    created_date_time_utc: Time | None = None
    modified_date_time_utc: Time | None = None


class RoleIn(In):
    """A custom role as it is made. A change takes the same; there, what is absent stays as it is."""

    name: Name | None = None
    description: Line | None = None
    target: Name | None = None
    permissions: list[Name] | None = None
    policy_ids: list[UUID] | None = None
    activity_ids: list[UUID] | None = None
    managed_account_ids: list[UUID] | None = None
    managed_resource_ids: list[UUID] | None = None
    credential_ids: list[UUID] | None = None


class RoleMemberDto(Out):
    __contract__ = "SbPAM.Models.RoleMemberDto"

    member_id: UUID = NIL
    member_name: str | None = None
    member_type: EntityType = EntityType.MANAGED_ACCOUNT
