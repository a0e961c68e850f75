"""People and applications, which the contract calls managed accounts."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import In, Name, Out, Time
from locum.api.wire.enums import EntityType
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


class ManagedAccountViewIn(In):
    """Names that fill in for what a directory would know; the rest of the view is the server's."""

    __contract__ = "SbPAM.Models.ManagedAccountView"

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
