"""The contract's enumerations of groups and of what a policy joins; as those of `enums`."""

from __future__ import annotations

from enum import IntEnum


class ActivityAndGroupEntityType(IntEnum):
    __contract__ = "SbPAM.Models.ActivityAndGroupEntityType"

    ACTIVITY = 0
    ACTIVITY_GROUP = 1


class CredentialOrHostUser(IntEnum):
    __contract__ = "SbPAM.Models.CredentialOrHostUser"

    CREDENTIAL = 0
    CREDENTIAL_GROUP = 1
    HOST_USER = 2


class ManagedAccountGroupType(IntEnum):
    __contract__ = "SbPAM.Models.ManagedAccountGroupType"

    LOCAL = 0
    ACTIVE_DIRECTORY = 1


class ManagedResourceAndGroupEntityType(IntEnum):
    __contract__ = "SbPAM.Models.ManagedResourceAndGroupEntityType"

    RESOURCE = 0
    RESOURCE_GROUP = 1
    SECRET_VAULT = 2


class ManagedResourceGroupManageAccounts(IntEnum):
    __contract__ = "SbPAM.Models.ManagedResourceGroupManageAccountsEnum"

    PER_RESOURCE = 0
    UNMANAGED = 1
    MANAGED = 2


class ManagedResourceGroupType(IntEnum):
    __contract__ = "SbPAM.Models.ManagedResourceGroupType"

    LOCAL = 0
