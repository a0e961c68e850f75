"""People and applications, which the contract calls managed accounts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, In, Name, Out, Time, later
from locum.api.wire.enums import EntityType
from locum.api.wire.session_summary import SessionSummary
from locum.kit.ids import NIL
from locum.vault.secret import Secret


class ManagedAccountView(Out):
    __contract__ = "SbPAM.Models.ManagedAccountView"

    entity_type: EntityType = EntityType.MANAGED_ACCOUNT
    id: UUID = NIL
    host_user_id: UUID | None = None
    name: str | None = None
    display_name: str | None = None
    sam_account_name: str | None = None
    department: str | None = None
    user_principal_name: str | None = None
    email: str | None = None
    domain_config_id: UUID | None = None
    domain_name: str | None = None
    last_logon_timestamp: Time | None = None
    active_session_count: int = 0
    scheduled_session_count: int = 0
    access_policy_count: int = 0
    certificate_serial_number: str | None = None
    locked: bool = False
    lockout_end: Time | None = None
    is_reviewer: bool | None = None


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


class ManagedAccountOrGroupIdIn(In):
    """`entityType` tells the contract's tables apart; here an id says enough, and the type is not looked at."""

    __contract__ = "SbPAM.Models.ManagedAccountOrGroupId"

    id: UUID


class Counts(Out):
    """How many of a bulk call's ids it was done for, and for how many it was not."""

    __contract__ = "System.TupleSystem.Int32,[System.Int32]"

    item1: int = 0
    item2: int = 0


class ManagedAccountViewIn(In):
    """Names that fill in for what a directory would know; the rest of the view is the server's."""

    __contract__ = "SbPAM.Models.ManagedAccountView"

    id: UUID | None = None
    name: Name | None = None
    display_name: Name | None = None
    sam_account_name: Name | None = None
    department: Name | None = None
    user_principal_name: Name | None = None
    email: Name | None = None
    certificate_serial_number: Name | None = None


class LocalUserPasswordChangeRequestIn(In):
    __contract__ = "SbPAM.Models.LocalUserPasswordChangeRequest"

    managed_account_id: UUID | None = None
    username: Name | None = None
    password_old: Secret | None = None
    password_new: Secret | None = None


class CreateLocalUserRequestIn(In):
    __contract__ = "SbPAM.Models.CreateLocalUserRequest"

    managed_account_view: ManagedAccountViewIn
    local_user_password_change_request: LocalUserPasswordChangeRequestIn
    change_password_next_login: bool = False
