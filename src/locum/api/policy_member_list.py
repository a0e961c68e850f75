"""/api/v1/AccessControlPolicy: what a policy joins and could join, as lists (POL-03)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from locum.api.account_view import account_view
from locum.api.context import Call
from locum.api.guards import ADMIN_APP_OR_USER_PLUS, ADMIN_OR_USER_PLUS, Scope
from locum.api.operations import operation
from locum.api.paging import ColumnPaging, Paging
from locum.api.wire.base import DataTable, In, at
from locum.api.wire.enums import EntityType, ManagedResourceType
from locum.api.wire.managed_account import Counts, ManagedAccountView
from locum.api.wire.member_enums import (
    ActivityAndGroupEntityType,
    CredentialOrHostUser,
    ManagedResourceAndGroupEntityType,
)
from locum.api.wire.policy_member import (
    ActivityAndGroupView,
    CredentialPolicyCandidateView,
    CredentialPolicyCredentialView,
    ManagedAccountGroupInfo,
    ManagedResourceAndGroupView,
)
from locum.identities.model import Kind
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx
from locum.kit.paging import MAX_TAKE, Page
from locum.kit.permissions import Permission
from locum.policies import change
from locum.policies.add import get_policy
from locum.policies.model import Policy
from locum.reads import policy_members as reads
from locum.reads.policy_members import ResourceMember

_SCOPE = Scope(ScopeKind.POLICY, "accessPolicyId", change.RIGHTS)
_OF_POLICY = Scope(ScopeKind.POLICY, "policyId", change.RIGHTS)
_READ = Permission.POLICIES_POLICY_READ


class AccessPolicyId(In):
    access_policy_id: UUID


class PolicyPath(In):
    policy_id: UUID


class PolicyId(In):
    access_control_policy_id: UUID


class ActivityPage(ColumnPaging):
    entity_type: ActivityAndGroupEntityType | None = None


class ResourcePage(ColumnPaging):
    entity_type: ManagedResourceAndGroupEntityType | None = None


class CredentialPage(ColumnPaging):
    entity_type: CredentialOrHostUser | None = None


class CredentialCandidatePage(Paging):
    take: int = 30
    entity_type: CredentialOrHostUser | None = None


class AccountCandidatePage(ColumnPaging):
    entity_type: EntityType | None = None


class AccountPage(Paging):
    take: int = 30
    entity_type: EntityType | None = None


@operation(
    "AccessControlPolicy.SearchActivitiesAsync",
    "GET /api/v1/AccessControlPolicy/SearchActivities/{accessPolicyId}",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_SCOPE,
    problems=(404,),
    summary="One page of a policy's activities and activity groups",
)
def search_activities(
    tx: ReadTx, call: Call[AccessPolicyId, ActivityPage, None]
) -> DataTable[ActivityAndGroupView]:
    return _activities(tx, call, candidates=False)


@operation(
    "AccessControlPolicy.SearchActivityCandidatesAsync",
    "GET /api/v1/AccessControlPolicy/SearchActivityCandidates/{accessPolicyId}",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_SCOPE,
    problems=(404,),
    summary="One page of the activities and activity groups that the caller could put into a policy",
)
def activity_candidates(
    tx: ReadTx, call: Call[AccessPolicyId, ActivityPage, None]
) -> DataTable[ActivityAndGroupView]:
    return _activities(tx, call, candidates=True)


@operation(
    "AccessControlPolicy.SearchResourcesAsync",
    "GET /api/v1/AccessControlPolicy/SearchResources/{accessPolicyId}",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_SCOPE,
    problems=(404,),
    summary="One page of a policy's resources, resource groups and secret vaults",
)
def search_resources(
    tx: ReadTx, call: Call[AccessPolicyId, ResourcePage, None]
) -> DataTable[ManagedResourceAndGroupView]:
    return _resources(tx, call, candidates=False)


@operation(
    "AccessControlPolicy.SearchResourceCandidatesAsync",
    "GET /api/v1/AccessControlPolicy/SearchResourceCandidates/{accessPolicyId}",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_SCOPE,
    problems=(404,),
    summary="One page of the resources, resource groups and secret vaults that the caller could put into a policy",
)
def resource_candidates(
    tx: ReadTx, call: Call[AccessPolicyId, ResourcePage, None]
) -> DataTable[ManagedResourceAndGroupView]:
    return _resources(tx, call, candidates=True)


@operation(
    "AccessControlPolicy.SearchCredentialsAsync",
    "GET /api/v1/AccessControlPolicy/SearchCredentials/{accessPolicyId}",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_READ,
    scope=_SCOPE,
    problems=(404,),
    summary="One page of a policy's credentials",
)
def search_credentials(
    tx: ReadTx, call: Call[AccessPolicyId, CredentialPage, None]
) -> DataTable[CredentialPolicyCredentialView]:
    held, query = get_policy(tx, call.params.access_policy_id), call.query
    listed = reads.credentials(
        tx, query.page(), held, kind=query.entity_type, candidates=False, caller=call.caller
    )
    data = [CredentialPolicyCredentialView.from_row(row) for row in listed.rows]
    for view in data:
        view.policy_id = held.id
    return DataTable[CredentialPolicyCredentialView](data=data, records_total=listed.total)


@operation(
    "AccessControlPolicy.SearchCredentialCandidatesAsync",
    "GET /api/v1/AccessControlPolicy/SearchCredentialCandidates/{accessPolicyId}",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_SCOPE,
    problems=(404,),
    summary="One page of the credentials that the caller could put into a policy",
)
def credential_candidates(
    tx: ReadTx, call: Call[AccessPolicyId, CredentialCandidatePage, None]
) -> DataTable[CredentialPolicyCandidateView]:
    held, query = get_policy(tx, call.params.access_policy_id), call.query
    listed = reads.credentials(tx, query.page(), held, kind=query.entity_type, candidates=True, caller=call.caller)
    data = [CredentialPolicyCandidateView.from_row(row) for row in listed.rows]
    return DataTable[CredentialPolicyCandidateView](data=data, records_total=listed.total)


@operation(
    "AccessControlPolicy.SearchManagedAccountsAsync",
    "GET /api/v1/AccessControlPolicy/SearchManagedAccounts/{accessPolicyId}",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_SCOPE,
    problems=(404,),
    summary="One page of a policy's people, applications, groups and collections",
)
def search_accounts(tx: ReadTx, call: Call[AccessPolicyId, AccountPage, None]) -> DataTable[ManagedAccountView]:
    held, query = get_policy(tx, call.params.access_policy_id), call.query
    return _accounts(tx, call, held, query.page(), query.entity_type, candidates=False)


@operation(
    "AccessControlPolicy.SearchManagedAccountCandidatesAsync",
    "GET /api/v1/AccessControlPolicy/SearchManagedAccountCandidates/{accessPolicyId}",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_SCOPE,
    problems=(404,),
    summary="One page of the people, applications, groups and collections that the caller could put into a policy",
)
def account_candidates(
    tx: ReadTx, call: Call[AccessPolicyId, AccountCandidatePage, None]
) -> DataTable[ManagedAccountView]:
    held, query = get_policy(tx, call.params.access_policy_id), call.query
    return _accounts(tx, call, held, query.page(), query.entity_type, candidates=True)


@operation(
    "AccessControlPolicy.GetManagedAccountsAsync",
    "GET /api/v1/AccessControlPolicy/{accessControlPolicyId}/ManagedAccount",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=Scope(ScopeKind.POLICY, "accessControlPolicyId", change.RIGHTS),
    problems=(404,),
    summary="The people, applications, groups and collections of a policy, the first 10,000 by name",
)
def get_accounts(tx: ReadTx, call: Call[PolicyId, None, None]) -> DataTable[ManagedAccountView]:
    held = get_policy(tx, call.params.access_control_policy_id)
    return _accounts(tx, call, held, Page(take=MAX_TAKE), None, candidates=False)


@operation(
    "AccessControlPolicy.GetManagedAccountGroupsAsync",
    "GET /api/v1/AccessControlPolicy/{policyId}/ManagedAccountGroup",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_OF_POLICY,
    problems=(404,),
    summary="The groups of a policy by name; collections are among its accounts",
)
def get_groups(tx: ReadTx, call: Call[PolicyPath, None, None]) -> list[ManagedAccountGroupInfo]:
    held = get_policy(tx, call.params.policy_id)
    listed = reads.people(tx, Page(take=MAX_TAKE), held, kind=Kind.GROUP, candidates=False, caller=call.caller)
    return [
        ManagedAccountGroupInfo(
            id=row.id,
            name=row.name,
            is_reviewer=row.is_reviewer,
            email=row.email,
            samaccountname=row.sam_account_name,
            created_date_time_utc=at(row.created_at),
            modified_date_time_utc=at(row.modified_at),
        )
        for row in listed.rows
    ]


@operation(
    "AccessControlPolicy.GetActivityLookupForPolicyAsync",
    "GET /api/v1/AccessControlPolicy/Lookup/{policyId}/Activity",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_OF_POLICY,
    problems=(404,),
    summary="The names of a policy's activities by their ids",
)
def activity_lookup(tx: ReadTx, call: Call[PolicyPath, None, None]) -> dict[str, str]:
    return _lookup(tx, call, "activities")


@operation(
    "AccessControlPolicy.GetCredentialLookupForPolicyAsync",
    "GET /api/v1/AccessControlPolicy/Lookup/{policyId}/Credential",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_OF_POLICY,
    problems=(404,),
    summary="The user names of a policy's credentials by their ids",
)
def credential_lookup(tx: ReadTx, call: Call[PolicyPath, None, None]) -> dict[str, str]:
    return _lookup(tx, call, "credentials")


@operation(
    "AccessControlPolicy.GetResourceLookupForPolicyAsync",
    "GET /api/v1/AccessControlPolicy/Lookup/{policyId}/Resource",
    who=ADMIN_OR_USER_PLUS,
    permission=_READ,
    scope=_OF_POLICY,
    problems=(404,),
    summary="How many resources and how many resource groups are in a policy",
)
def resource_lookup(tx: ReadTx, call: Call[PolicyPath, None, None]) -> Counts:
    """The contract says two numbers, and not of what."""
    held = get_policy(tx, call.params.policy_id)
    return Counts(item1=reads.count(tx, held, "resources"), item2=reads.count(tx, held, "resource_groups"))


def _activities(
    tx: ReadTx, call: Call[AccessPolicyId, ActivityPage, None], *, candidates: bool
) -> DataTable[ActivityAndGroupView]:
    held, query = get_policy(tx, call.params.access_policy_id), call.query
    listed = reads.activities(
        tx, query.page(), held, kind=query.entity_type, candidates=candidates, caller=call.caller
    )
    data = [ActivityAndGroupView.from_row(row) for row in listed.rows]
    return DataTable[ActivityAndGroupView](data=data, records_total=listed.total)


def _resources(
    tx: ReadTx, call: Call[AccessPolicyId, ResourcePage, None], *, candidates: bool
) -> DataTable[ManagedResourceAndGroupView]:
    held, query = get_policy(tx, call.params.access_policy_id), call.query
    listed = reads.resources(
        tx, query.page(), held, kind=query.entity_type, candidates=candidates, caller=call.caller
    )
    data = [_resource(row) for row in listed.rows]
    return DataTable[ManagedResourceAndGroupView](data=data, records_total=listed.total)


def _resource(row: ResourceMember) -> ManagedResourceAndGroupView:
    view = ManagedResourceAndGroupView.from_row(row)
    view.dns_host_name = row.dns_name
    if row.type == ManagedResourceType.SECRET_VAULT:
        view.secret_vault_id = row.id
    elif row.type == ManagedResourceType.DATABASE:
        view.database_id = row.id
    return view


def _accounts(
    tx: ReadTx,
    call: Call[Any, Any, Any],
    held: Policy,
    page: Page,
    entity_type: EntityType | None,
    *,
    candidates: bool,
) -> DataTable[ManagedAccountView]:
    kind = None if entity_type is None else Kind(entity_type)
    listed = reads.people(tx, page, held, kind=kind, candidates=candidates, caller=call.caller)
    data = [account_view(row) for row in listed.rows]
    return DataTable[ManagedAccountView](data=data, records_total=listed.total)


def _lookup(tx: ReadTx, call: Call[PolicyPath, None, None], field: str) -> dict[str, str]:
    held = get_policy(tx, call.params.policy_id)
    return {str(thing): name for thing, name in reads.lookup(tx, held, field, call.caller).items()}
