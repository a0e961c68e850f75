"""Reviewers: people who certify what others may reach."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, In, Out, Time, later
from locum.api.wire.enums import EntityType
from locum.api.wire.session_summary import SessionSummary
from locum.kit.ids import NIL


class ManagedAccountInfo(Out):
    __contract__ = "SbPAM.Models.ManagedAccountInfo"

    id: UUID = NIL
    user_id: UUID = NIL
    login_id: str | None = None
    display_name: str | None = None
    samaccountname: str | None = None
    email: str | None = None
    mfa_connector_id: UUID | None = None
    policies: Annotated[None, later("SbPAM.Models.AccessControlPolicy", many=True)] = None
    resources: Annotated[None, later("SbPAM.Models.ManagedResource", many=True)] = None
    active_sessions: list[SessionSummary] | None = None
    last_logon_date_utc: Time | None = None
    scheduled_session_count: int = 0
    type: str | None = None
    sid: str | None = None
    user_principal_name: str | None = None
    locked: bool = False
    is_reviewer: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ManagedAccountAndCollectionsView(Out):
    __contract__ = "SbPAM.Models.ManagedAccountAndCollectionsView"

    id: UUID = NIL
    name: str | None = None
    email: str | None = None
    sam_account_name: str | None = None
    domain: str | None = None
    entity_type: EntityType = EntityType.MANAGED_ACCOUNT
    is_reviewer: bool = False


class ManagedAccountOrGroupIdIn(In):
    """The id says it all: what kind of identity it is, Locum knows."""

    __contract__ = "SbPAM.Models.ManagedAccountOrGroupId"

    id: UUID
