"""Reviewers: people who certify what others may reach."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import Out
from locum.api.wire.enums import EntityType
from locum.kit.ids import NIL


class ManagedAccountAndCollectionsView(Out):
    __contract__ = "SbPAM.Models.ManagedAccountAndCollectionsView"

    id: UUID = NIL
    name: str | None = None
    email: str | None = None
    sam_account_name: str | None = None
    domain: str | None = None
    entity_type: EntityType = EntityType.MANAGED_ACCOUNT
    is_reviewer: bool = False
