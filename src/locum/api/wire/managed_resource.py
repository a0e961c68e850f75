"""Resources."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from locum.api.wire.base import NEVER, In, Name, Out, Time, later
from locum.api.wire.connection_profile import ActivityConfiguration
from locum.api.wire.credential import Credential
from locum.api.wire.enums import (
    CertificateType,
    DatabaseType,
    ManageAccount,
    ManagedResourceType,
    SshTrustActionType,
    WinRmHttpSetting,
)
from locum.api.wire.platform import Platform
from locum.kit.ids import NIL


class ManagedResource(Out):
    __contract__ = "SbPAM.Models.ManagedResource"

    id: UUID = NIL
    name: str | None = None
    type: ManagedResourceType = ManagedResourceType.HOST
    host_id: UUID | None = None
    host: Annotated[None, later("SbPAM.ActiveDirectory.Models.Host")] = None
    host_scan_host_id: UUID | None = None
    host_scan_host: Annotated[None, later("SbPAM.Models.HostScanHost")] = None
    domain_config_id: UUID | None = None
    website_id: UUID | None = None
    website: Annotated[None, later("SbPAM.Models.Website")] = None
    azure_ad_tenant_id: UUID | None = None
    azure_ad_tenant: Annotated[None, later("SbPAM.Models.AzureAdTenant")] = None
    secret_vault_id: UUID | None = None
    secret_vault: Annotated[None, later("SbPAM.Models.SecretVault")] = None
    managed_database_id: UUID | None = None
    managed_database: Annotated[None, later("SbPAM.Models.ManagedDatabase")] = None
    platform_id: UUID | None = None
    platform: Platform | None = None
    display_name: str | None = None
    ip_address: str | None = None
    service_account_id: UUID | None = None
    service_account: Credential | None = None
    manage_account: ManageAccount = ManageAccount.UNMANAGED
    protected_group: Annotated[None, later("SbPAM.Models.ProtectedGroup", many=True)] = None
    activity_configuration_id: UUID | None = None
    activity_configuration: ActivityConfiguration | None = None
    action_queue_id: UUID | None = None
    action_queue: Annotated[None, later("SbPAM.Models.ActionQueue")] = None
    managed_resource_join: Annotated[None, later("SbPAM.Models.ManagedResourceJoin", many=True)] = None
    managed_resource_policy_join: Annotated[None, later("SbPAM.Models.ManagedResourcePolicyJoin", many=True)] = (
        None
    )
    manage_resource_protection_policy_join: Annotated[
        None, later("SbPAM.Models.ManageResourceProtectionPolicyJoin", many=True)
    ] = None
    verification_schedule_id: UUID | None = None
    verification_schedule: Annotated[None, later("SbPAM.Models.ScheduledChangePolicy")] = None
    password_complexity_policy_id: UUID | None = None
    password_complexity_policy: Annotated[None, later("SbPAM.Models.PasswordComplexity")] = None
    port_ssh: int = 0
    port_rdp: int = 0
    port_win_rm: int = 0
    port_win_rm_https: int = 0
    win_rm_http_setting: WinRmHttpSetting = WinRmHttpSetting.USE_HTTP
    disable_win_rm: bool = False
    accept_thumbprint_on_first_discovery: bool = False
    trusted_thumbprint: str | None = None
    discovered_thumbprint: str | None = None
    ssh_trust_action_type: SshTrustActionType = SshTrustActionType.ALWAYS_TRUST_IGNORE_THUMBPRINT
    certificate_type: CertificateType = CertificateType.WIN_RM
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ManagedResourceView(Out):
    __contract__ = "SbPAM.Models.ManagedResourceView"

    id: UUID = NIL
    name: str | None = None
    type: ManagedResourceType = ManagedResourceType.HOST
    host_id: UUID | None = None
    host: Annotated[None, later("SbPAM.ActiveDirectory.Models.Host")] = None
    domain_config_id: UUID | None = None
    domain_name: str | None = None
    website_id: UUID | None = None
    website: Annotated[None, later("SbPAM.Models.Website")] = None
    azure_ad_tenant_id: UUID | None = None
    azure_ad_tenant: Annotated[None, later("SbPAM.Models.AzureAdTenant")] = None
    secret_vault_id: UUID | None = None
    secret_vault: Annotated[None, later("SbPAM.Models.SecretVault")] = None
    managed_database_id: UUID | None = None
    managed_database: Annotated[None, later("SbPAM.Models.ManagedDatabase")] = None
    host_scan_host_id: UUID | None = None
    host_scan_host: Annotated[None, later("SbPAM.Models.HostScanHost")] = None
    platform_id: UUID | None = None
    platform: Platform | None = None
    platform_name: str | None = None
    built_in_account: str | None = None
    display_name: str | None = None
    service_account_id: UUID | None = None
    service_account: Credential | None = None
    manage_account: ManageAccount = ManageAccount.UNMANAGED
    activity_configuration_id: UUID | None = None
    activity_configuration: ActivityConfiguration | None = None
    action_queue_id: UUID | None = None
    host_name: str | None = None
    dns_host_name: str | None = None
    ip_address: str | None = None
    os: str | None = None
    source_dns_host_name: str | None = None
    source_ip_address: str | None = msgspec.field(default=None, name="sourceIPAddress")
    source_os: str | None = msgspec.field(default=None, name="sourceOS")
    host_version: str | None = None
    sa_name: str | None = None
    sa_username: str | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    last_scan_time_utc: Time | None = None
    active_session_count: int = 0
    scheduled_session_count: int = 0
    access_policy_count: int = 0
    protection_policy_count: int = 0
    port_ssh: int = 0
    port_rdp: int = 0
    port_win_rm: int = 0
    accept_thumbprint_on_first_discovery: bool = False
    trusted_thumbprint: str | None = None
    discovered_thumbprint: str | None = None
    ssh_trust_action_type: SshTrustActionType = SshTrustActionType.ALWAYS_TRUST_IGNORE_THUMBPRINT
    certificate_type: CertificateType = CertificateType.WIN_RM
    port_win_rm_https: int = 0
    disable_win_rm: bool = False


class HostIn(In):
    __contract__ = "SbPAM.ActiveDirectory.Models.Host"

    name: Name | None = None
    dns_host_name: Name | None = None


class ManagedDatabaseIn(In):
    """`name` is the database to sign in to; `server` its DNS name, where the resource has no address of its own."""

    __contract__ = "SbPAM.Models.ManagedDatabase"

    name: Name | None = None
    server: Name | None = None
    port: int = 0
    type: DatabaseType = DatabaseType.POSTGRESQL
    trust_server_certificate: bool = False
    encrypted: bool = True


class ManagedResourceIn(In):
    __contract__ = "SbPAM.Models.ManagedResource"

    name: Name | None = None
    type: ManagedResourceType = ManagedResourceType.HOST
    host: HostIn | None = None
    managed_database: ManagedDatabaseIn | None = None
    platform_id: UUID | None = None
    display_name: Name | None = None
    ip_address: Name | None = None
    service_account_id: UUID | None = None
    port_ssh: int = 0
    accept_thumbprint_on_first_discovery: bool = False


class ManagedResourceViewIn(In):
    """What can be changed of a view that is sent back; the rest of it is not looked at."""

    __contract__ = "SbPAM.Models.ManagedResourceView"

    id: UUID | None = None
    name: Name | None = None
    display_name: Name | None = None
    dns_host_name: Name | None = None
    ip_address: Name | None = None
    platform_id: UUID | None = None
    service_account_id: UUID | None = None
    port_ssh: int | None = None
    accept_thumbprint_on_first_discovery: bool | None = None
    ssh_trust_action_type: SshTrustActionType | None = None
