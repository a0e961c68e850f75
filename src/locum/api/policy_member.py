"""/api/v1/AccessControlPolicy/{policyId}/…: who and what is put into a policy and taken out (POL-02, POL-06, POL-07).

Answers {added or removed, failed}. What is in the policy already, or not in it, is neither; an id that names nothing
which could be in this policy has failed and keeps no other.
"""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_USER_PLUS, Scope
from locum.api.operations import operation
from locum.api.wire.base import In
from locum.api.wire.managed_account import Counts
from locum.api.wire.member_enums import (
    ActivityAndGroupEntityType,
    CredentialOrHostUser,
    ManagedResourceAndGroupEntityType,
)
from locum.api.wire.policy_member import (
    AccountIdAndEntityIn,
    ActivityIdAndEntityIn,
    CredentialOrHostUserIdIn,
    ManagedResourceIdAndEntityIn,
)
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid
from locum.kit.permissions import Permission
from locum.policies import change
from locum.policies.add import get_policy
from locum.policies.membership import Done, Wanted, add_members, remove_members
from locum.policies.model import PolicyType
from locum.reads.policy_members import credentials_of_host_users, kinds_of

_SCOPE = Scope(ScopeKind.POLICY, "policyId", change.RIGHTS)


class PolicyPath(In):
    policy_id: UUID


@operation(
    "AccessControlPolicy.AddMultipleActivitiesToPolicy",
    "PUT /api/v1/AccessControlPolicy/{policyId}/Activity",
    who=ADMIN_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_MODIFY,
    scope=_SCOPE,
    problems=(404,),
    audit="policy.member_added",
    summary="Put activities and activity groups into a policy",
)
def add_activities(tx: Tx, call: Call[PolicyPath, None, list[ActivityIdAndEntityIn]]) -> Counts:
    return _counts(add_members(tx, call.caller, call.params.policy_id, _activities(call.body)))


@operation(
    "AccessControlPolicy.RemoveMultipleActivitiesFromPolicy",
    "PUT /api/v1/AccessControlPolicy/{policyId}/Activity/Remove",
    who=ADMIN_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_MODIFY,
    scope=_SCOPE,
    problems=(404,),
    audit="policy.member_removed",
    summary="Take activities and activity groups out of a policy",
)
def remove_activities(tx: Tx, call: Call[PolicyPath, None, list[ActivityIdAndEntityIn]]) -> Counts:
    return _counts(remove_members(tx, call.caller, call.params.policy_id, _activities(call.body)))


@operation(
    "AccessControlPolicy.AddMultipleManagedAccountsToPolicy",
    "PUT /api/v1/AccessControlPolicy/{policyId}/ManagedAccount",
    who=ADMIN_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_MODIFY,
    scope=_SCOPE,
    problems=(404,),
    audit="policy.member_added",
    summary="Put people, applications, groups and collections into a policy",
)
def add_accounts(tx: Tx, call: Call[PolicyPath, None, list[AccountIdAndEntityIn]]) -> Counts:
    return _counts(add_members(tx, call.caller, call.params.policy_id, _accounts(tx, call.body)))


@operation(
    "AccessControlPolicy.RemoveMultipleManagedAccountsFromPolicy",
    "PUT /api/v1/AccessControlPolicy/{policyId}/ManagedAccount/Remove",
    who=ADMIN_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_MODIFY,
    scope=_SCOPE,
    problems=(404,),
    audit="policy.member_removed",
    summary="Take people, applications, groups and collections out of a policy",
)
def remove_accounts(tx: Tx, call: Call[PolicyPath, None, list[AccountIdAndEntityIn]]) -> Counts:
    return _counts(remove_members(tx, call.caller, call.params.policy_id, _accounts(tx, call.body)))


@operation(
    "AccessControlPolicy.AddMultipleManagedResourcesToPolicy",
    "PUT /api/v1/AccessControlPolicy/{policyId}/ManagedResource",
    who=ADMIN_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_MODIFY,
    scope=_SCOPE,
    problems=(404,),
    audit="policy.member_added",
    summary="Put resources and resource groups into a policy",
)
def add_resources(tx: Tx, call: Call[PolicyPath, None, list[ManagedResourceIdAndEntityIn]]) -> Counts:
    return _counts(add_members(tx, call.caller, call.params.policy_id, _resources(call.body)))


@operation(
    "AccessControlPolicy.RemoveMultipleManagedResourcesFromPolicy",
    "PUT /api/v1/AccessControlPolicy/{policyId}/ManagedResource/Remove",
    who=ADMIN_OR_USER_PLUS,
    permission=Permission.POLICIES_POLICY_MODIFY,
    scope=_SCOPE,
    problems=(404,),
    audit="policy.member_removed",
    summary="Take resources and resource groups out of a policy",
)
def remove_resources(tx: Tx, call: Call[PolicyPath, None, list[ManagedResourceIdAndEntityIn]]) -> Counts:
    return _counts(remove_members(tx, call.caller, call.params.policy_id, _resources(call.body)))


@operation(
    "AccessControlPolicy.AddMultipleCredentialsToPolicyAsync",
    "PUT /api/v1/AccessControlPolicy/{policyId}/Credential",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404,),
    audit="policy.member_added",
    summary="Put credentials, by their own id or their managed user's account, and groups of them into a policy",
)
def add_credentials(tx: Tx, call: Call[PolicyPath, None, list[CredentialOrHostUserIdIn]]) -> Counts:
    wanted, failed = _credentials(tx, call.body)
    return _counts(add_members(tx, call.caller, call.params.policy_id, wanted), failed)


@operation(
    "AccessControlPolicy.RemoveMultipleCredentialsFromPolicyAsync",
    "PUT /api/v1/AccessControlPolicy/{policyId}/Credential/Remove",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404,),
    audit="policy.member_removed",
    summary="Take credentials and groups of them out of a credential-based policy",
)
def remove_credentials(tx: Tx, call: Call[PolicyPath, None, list[CredentialOrHostUserIdIn]]) -> Counts:
    wanted, failed = _credentials(tx, call.body)
    return _counts(remove_members(tx, call.caller, call.params.policy_id, wanted), failed)


@operation(
    "AccessControlPolicy.AddVaultToPolicyMultipleAsync",
    "PUT /api/v1/AccessControlPolicy/{policyId}/SecretVault",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(400, 404),
    audit="policy.member_added",
    summary="Put secret vaults into a credential-based policy; answers how many were not in it",
)
def add_vaults(tx: Tx, call: Call[PolicyPath, None, list[UUID]]) -> int:
    _check_vaults(tx, call.params.policy_id)
    return add_members(tx, call.caller, call.params.policy_id, {"resources": call.body}).changed


@operation(
    "AccessControlPolicy.RemoveVaultFromPolicyMultipleAsync",
    "DELETE /api/v1/AccessControlPolicy/{policyId}/SecretVault",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(400, 404),
    audit="policy.member_removed",
    summary="Take secret vaults out of a credential-based policy; answers how many were in it",
)
def remove_vaults(tx: Tx, call: Call[PolicyPath, None, list[UUID]]) -> int:
    _check_vaults(tx, call.params.policy_id)
    return remove_members(tx, call.caller, call.params.policy_id, {"resources": call.body}).changed


def _activities(body: list[ActivityIdAndEntityIn]) -> Wanted:
    group = ActivityAndGroupEntityType.ACTIVITY_GROUP
    return {
        "activities": [entry.id for entry in body if entry.entity_type is not group],
        "activity_groups": [entry.id for entry in body if entry.entity_type is group],
    }


def _resources(body: list[ManagedResourceIdAndEntityIn]) -> Wanted:
    """A secret vault is a resource, which only a credential-based policy takes."""
    group = ManagedResourceAndGroupEntityType.RESOURCE_GROUP
    return {
        "resources": [entry.id for entry in body if entry.entity_type is not group],
        "resource_groups": [entry.id for entry in body if entry.entity_type is group],
    }


def _accounts(tx: ReadTx, body: list[AccountIdAndEntityIn]) -> Wanted:
    groups = kinds_of(tx, [entry.id for entry in body]).groups
    return {
        "identities": [entry.id for entry in body if entry.id not in groups],
        "groups": [entry.id for entry in body if entry.id in groups],
    }


def _credentials(tx: ReadTx, body: list[CredentialOrHostUserIdIn]) -> tuple[Wanted, int]:
    """The credentials and groups of them that are meant, and how many entries mean none."""
    by_user = [entry.id for entry in body if entry.entity_type is CredentialOrHostUser.HOST_USER]
    of_users = credentials_of_host_users(tx, by_user)
    ids = [entry.id for entry in body if entry.entity_type is CredentialOrHostUser.CREDENTIAL]
    groups = [entry.id for entry in body if entry.entity_type is CredentialOrHostUser.CREDENTIAL_GROUP]
    wanted = {"credentials": [*ids, *of_users.values()], "credential_groups": groups}
    return wanted, len(set(by_user) - of_users.keys())


def _check_vaults(tx: ReadTx, policy_id: UUID) -> None:
    if get_policy(tx, policy_id).type != PolicyType.CREDENTIAL:
        raise Invalid("only a credential-based policy joins secret vaults", field="policyId")


def _counts(done: Done, failed: int = 0) -> Counts:
    return Counts(item1=done.changed, item2=done.failed + failed)
