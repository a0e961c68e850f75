"""What an access policy joins: bodies that name several members, and members as lists show them."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import NEVER, In, Out, Time
from locum.api.wire.enums import EntityType
from locum.api.wire.member_enums import (
    ActivityAndGroupEntityType,
    CredentialOrHostUser,
    ManagedAccountGroupType,
    ManagedResourceAndGroupEntityType,
)
from locum.kit.ids import NIL


class ActivityIdAndEntityIn(In):
    __contract__ = "SbPAM.Models.ActivityIdAndEntity"

    id: UUID
    entity_type: ActivityAndGroupEntityType = ActivityAndGroupEntityType.ACTIVITY


class AccountIdAndEntityIn(In):
    """The id alone says which identity; the type only tells the contract's tables apart."""

    __contract__ = "SbPAM.Models.AccountIdAndEntity"

    id: UUID
    entity_type: EntityType = EntityType.MANAGED_ACCOUNT


class ManagedResourceIdAndEntityIn(In):
    __contract__ = "SbPAM.Models.ManagedResourceIdAndEntity"

    id: UUID
    entity_type: ManagedResourceAndGroupEntityType = ManagedResourceAndGroupEntityType.RESOURCE


class CredentialOrHostUserIdIn(In):
    __contract__ = "SbPAM.Models.CredentialOrHostUserId"

    id: UUID
    entity_type: CredentialOrHostUser = CredentialOrHostUser.CREDENTIAL


class ActivityAndGroupView(Out):
    __contract__ = "SbPAM.Models.ActivityAndGroupView"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    entity_type: ActivityAndGroupEntityType = ActivityAndGroupEntityType.ACTIVITY


class ManagedResourceAndGroupView(Out):
    __contract__ = "SbPAM.Models.ManagedResourceAndGroupView"

    id: UUID = NIL
    name: str | None = None
    platform_id: UUID | None = None
    website_id: UUID | None = None
    secret_vault_id: UUID | None = None
    azure_ad_tenant_id: UUID | None = None
    database_id: UUID | None = None
    dns_host_name: str | None = None
    active_session_count: int | None = None
    os: str | None = None
    entity_type: ManagedResourceAndGroupEntityType = ManagedResourceAndGroupEntityType.RESOURCE


class CredentialPolicyCandidateView(Out):
    __contract__ = "SbPAM.Models.CredentialPolicyCandidateView"

    id: UUID = NIL
    username: str | None = None
    name: str | None = None
    description: str | None = None
    domain: str | None = None
    user_id: UUID | None = None
    os: str | None = None
    active_session_count: int = 0
    entity_type: CredentialOrHostUser = CredentialOrHostUser.CREDENTIAL
    vault_connector_id: UUID | None = None


class CredentialPolicyCredentialView(Out):
    __contract__ = "SbPAM.Models.CredentialPolicyCredentialView"

    id: UUID = NIL
    username: str | None = None
    name: str | None = None
    domain: str | None = None
    user_id: UUID | None = None
    policy_id: UUID = NIL
    os: str | None = None
    active_session_count: int = 0
    entity_type: CredentialOrHostUser = CredentialOrHostUser.CREDENTIAL


class ManagedAccountGroupInfo(Out):
    __contract__ = "SbPAM.Models.ManagedAccountGroupInfo"

    id: UUID = NIL
    name: str | None = None
    type: ManagedAccountGroupType = ManagedAccountGroupType.LOCAL
    group_id: UUID | None = None
    mfa_connector_id: UUID | None = None
    is_reviewer: bool = False
    distinguished_name: str | None = None
    domain: str | None = None
    email: str | None = None
    samaccountname: str | None = None
    sid: str | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
