"""Groups of people and of resources, collections, and what is in groups of every sort."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, later
from locum.api.wire.enums import EntityType
from locum.api.wire.member_enums import (
    ManagedAccountGroupType,
    ManagedResourceGroupManageAccounts,
    ManagedResourceGroupType,
)
from locum.api.wire.platform import Platform
from locum.kit.ids import NIL


class ActivityGroupIn(In):
    """What is absent or null stays as it is."""

    __contract__ = "SbPAM.Models.ActivityGroup"

    name: Name | None = None
    description: Line | None = None


class ManagedResourceJoin(Out):
    __contract__ = "SbPAM.Models.ManagedResourceJoin"

    managed_resource_id: UUID = NIL
    managed_resource: Annotated[None, later("SbPAM.Models.ManagedResource")] = None
    managed_resource_group_id: UUID = NIL
    managed_resource_group: Annotated[None, later("SbPAM.Models.ManagedResourceGroup")] = None


class ManagedResourceGroup(Out):
    """`managed_resource_join` is null in lists."""

    __contract__ = "SbPAM.Models.ManagedResourceGroup"

    id: UUID = NIL
    name: str | None = None
    type: ManagedResourceGroupType = ManagedResourceGroupType.LOCAL
    platform_id: UUID | None = None
    manage_accounts: ManagedResourceGroupManageAccounts = ManagedResourceGroupManageAccounts.PER_RESOURCE
    notification_email_list: str | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    managed_resource_join: list[ManagedResourceJoin] | None = None
    platform: Platform | None = None
    managed_resource_group_policy_join: Annotated[
        None, later("SbPAM.Models.ManagedResourceGroupPolicyJoin", many=True)
    ] = None
    manage_resource_group_protection_policy_join: Annotated[
        None, later("SbPAM.Models.ManageResourceGroupProtectionPolicyJoin", many=True)
    ] = None
    ou_mapping_enabled: bool = False
    ou_fqdn: str | None = None
    ou_domain_config_id: UUID | None = None
    ou_domain_config: Annotated[None, later("SbPAM.ActiveDirectory.Models.ActiveDirectoryDomainConfiguration")] = (
        None
    )
    ou_auto_onboard: bool = False
    ou_include_children: bool = False


class ManagedResourceGroupIn(In):
    """What is absent or null stays as it is."""

    __contract__ = "SbPAM.Models.ManagedResourceGroup"

    name: Name | None = None


class ManagedAccountJoin(Out):
    __contract__ = "SbPAM.Models.ManagedAccountJoin"

    managed_account_id: UUID = NIL
    managed_account: Annotated[None, later("SbPAM.Models.ManagedAccount")] = None
    managed_account_group_id: UUID = NIL
    managed_account_group: Annotated[None, later("SbPAM.Models.ManagedAccountGroup")] = None


class ManagedAccountGroup(Out):
    """`managed_account_join` is null in lists."""

    __contract__ = "SbPAM.Models.ManagedAccountGroup"

    id: UUID = NIL
    name: str | None = None
    type: ManagedAccountGroupType = ManagedAccountGroupType.LOCAL
    group_id: UUID | None = None
    mfa_connector_id: UUID | None = None
    is_reviewer: bool = False
    managed_account_join: list[ManagedAccountJoin] | None = None
    managed_account_group_policy_join: Annotated[
        None, later("SbPAM.Models.ManagedAccountGroupPolicyJoin", many=True)
    ] = None
    group_collection_join: Annotated[None, later("SbPAM.Models.GroupCollectionJoin", many=True)] = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class ManagedAccountGroupIn(In):
    """What is absent or null stays as it is."""

    __contract__ = "SbPAM.Models.ManagedAccountGroup"

    name: Name | None = None


class UserCollectionJoin(Out):
    __contract__ = "SbPAM.Models.UserCollectionJoin"

    managed_account_id: UUID = NIL
    managed_account: Annotated[None, later("SbPAM.Models.ManagedAccount")] = None
    user_and_group_collection_id: UUID = NIL
    user_and_group_collection: Annotated[None, later("SbPAM.Models.UserAndGroupCollection")] = None


class GroupCollectionJoin(Out):
    __contract__ = "SbPAM.Models.GroupCollectionJoin"

    managed_account_group_id: UUID = NIL
    managed_account_group: Annotated[None, later("SbPAM.Models.ManagedAccountGroup")] = None
    user_and_group_collection_id: UUID = NIL
    user_and_group_collection: Annotated[None, later("SbPAM.Models.UserAndGroupCollection")] = None


class UserAndGroupCollection(Out):
    """The two joins are null in lists."""

    __contract__ = "SbPAM.Models.UserAndGroupCollection"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    user_collection_join: list[UserCollectionJoin] | None = None
    group_collection_join: list[GroupCollectionJoin] | None = None
    user_and_group_collection_policy_join: Annotated[
        None, later("SbPAM.Models.UserAndGroupCollectionPolicyJoin", many=True)
    ] = None
    is_reviewer: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class UserAndGroupCollectionIn(In):
    """What is absent or null stays as it is."""

    __contract__ = "SbPAM.Models.UserAndGroupCollection"

    name: Name | None = None
    description: Line | None = None


class GroupMember(Out):
    """What is in a group, by name; `entity_type` says of an identity of which kind it is."""

    id: UUID = NIL
    name: str = ""
    entity_type: EntityType | None = None


class GroupMembersChanged(Out):
    """How many of the ids made a difference."""

    count: int = 0
