"""Rows of lists of credentials, and where a credential is used."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, Base64, Out, Time, later
from locum.api.wire.enums import (
    ActionStatus,
    CredentialType,
    ManagedType,
    ManagedUserType,
    ServiceRotationJobStatus,
    UserPrivilege,
    VerificationScanStatus,
)
from locum.kit.ids import NIL


class CredentialResult(Out):
    """`id` is the credential's, as is `credentialId`; `age` is the secret's, in days."""

    __contract__ = "SbPAM.Models.CredentialResult"

    id: UUID = NIL
    credential_id: UUID | None = None
    user_name: str | None = None
    display_name: str | None = None
    last_verified_date_time_utc: Time | None = None
    status: str | None = None
    last_password_change_date_time_utc: Time | None = None
    next_password_change_date_time_utc: Time | None = None
    age: int = 0
    user_id: UUID | None = None
    managed_user_id: UUID | None = None
    sam_account_name: str | None = None
    user_principal_name: str | None = None
    dependency_count: int = 0
    managed_type: ManagedType = ManagedType.INTERNAL
    rotation_type: ManagedUserType = ManagedUserType.NOT_MANAGED
    credential_type: CredentialType = CredentialType.CONFIGURATION
    domain: str | None = None
    resource: str | None = None
    platform: str | None = None
    platform_id: UUID | None = None
    managed_resource_id: UUID | None = None
    secret_vault_id: UUID | None = None
    website_id: UUID | None = None
    azure_ad_tenant_id: UUID | None = None
    domain_config_id: UUID | None = None
    password_status: VerificationScanStatus = VerificationScanStatus.UNSPECIFIED
    privilege: UserPrivilege = UserPrivilege.NOT_SET
    last_logon_timestamp: Time | None = None


class ServiceAccountDetailsView(Out):
    __contract__ = "SbPAM.Models.ServiceAccountDetailsView"

    host_user_id: UUID = NIL
    credential_id: UUID | None = None
    managed_user_id: UUID | None = None
    resource_name: str | None = None
    samaccount_name: str | None = None
    platform_name: str | None = None
    password_status: VerificationScanStatus = VerificationScanStatus.UNSPECIFIED
    password_last_checked_utc: Time | None = None
    password_last_changed_utc: Time | None = None
    password_next_change_utc: Time | None = None
    rotation_status: ServiceRotationJobStatus = ServiceRotationJobStatus.UNSPECIFIED
    rollback_status: ServiceRotationJobStatus = ServiceRotationJobStatus.UNSPECIFIED
    dependency_count: int = 0
    age: int = 0
    password_status_name: str | None = None
    rotation_status_name: str | None = None
    rollback_status_name: str | None = None


class CredentialHostResult(Out):
    """Something that depends on a credential; `type` is what kind of thing it is."""

    __contract__ = "SbPAM.Models.CredentialHostResult"

    id: UUID = NIL
    credential_id: UUID | None = None
    host_id: UUID = NIL
    host_user_id: UUID = NIL
    managed_resource_id: UUID = NIL
    resource_name: str | None = None
    sam_account_name: str | None = None
    dns_host_name: str | None = None
    type: str | None = None
    name: str | None = None
    last_password_change_date_time_utc: Time | None = None
    next_password_change_date_time_utc: Time | None = None
    last_password_change_status: ActionStatus = ActionStatus.UNKNOWN
    current_password_change_status: ActionStatus = ActionStatus.UNKNOWN
    last_host_scan_date_time_utc: Time | None = None
    next_host_scan_date_time_utc: Time | None = None
    last_host_scan_status: ActionStatus = ActionStatus.UNKNOWN


class HostUser(Out):
    """An account on a resource, as last seen there; what only a directory knows is empty."""

    __contract__ = "SbPAM.ActiveDirectory.Models.HostUser"

    id: UUID = NIL
    active_directory_object_id: UUID | None = None
    active_directory_domain_id: UUID | None = None
    active_directory_domain: Annotated[None, later("SbPAM.ActiveDirectory.Models.ActiveDirectoryDomain")] = None
    display_name: str | None = None
    enabled: bool = False
    unix_id: int | None = None
    unix_group_id: int | None = None
    home_directory: str | None = None
    shell: str | None = None
    expiration_date: Time | None = None
    managed: bool = False
    host_id: UUID | None = None
    host: Annotated[None, later("SbPAM.ActiveDirectory.Models.Host")] = None
    primary_group_token_id: int | None = None
    primary_group_token: Base64 | None = None
    manager_samaccountname: str | None = None
    title: str | None = None
    samaccountname: str | None = None
    user_principal_name: str | None = None
    distinguished_name: str | None = None
    department: str | None = None
    email: str | None = None
    last_logon_timestamp: Time | None = None
    name: str | None = None
    sid: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    password_hash: str | None = None
    password_changed_date_time_utc: Time | None = None
    password_expiration_date_time_utc: Time | None = None
    force_password_reset: bool = False
    privilege: UserPrivilege = UserPrivilege.NOT_SET
    host_user_group_join: Annotated[None, later("SbPAM.ActiveDirectory.Models.HostUserGroupJoin", many=True)] = (
        None
    )
    host_database_dbs: Annotated[None, later("SbPAM.ActiveDirectory.Models.HostDatabaseDb", many=True)] = None
    host_database_roles: Annotated[None, later("SbPAM.ActiveDirectory.Models.HostDatabaseRole", many=True)] = None
    deleted: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
