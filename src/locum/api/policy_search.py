"""/api/v1/AccessControlPolicy: which policies a person, a resource or a group is in."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.paging import ColumnPaging, Paging
from locum.api.policy_view import policy_details, policy_view
from locum.api.wire.access_control_policy import AccessControlPolicyDetails, SimpleAccessControlPolicy
from locum.api.wire.base import DataTable, In, at
from locum.api.wire.enums import PolicyType
from locum.api.wire.own_access import GroupActivityCard
from locum.identities import people
from locum.identities.model import GROUPS
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.permissions import Permission
from locum.reads import group_cards, policies
from locum.resources.add import get_resource

_READ = Permission.POLICIES_POLICY_READ


class AccountAndResource(In):
    managed_account_id: UUID
    managed_resource_id: UUID


class ResourcePath(In):
    managed_resource_id: UUID


class GroupPath(In):
    managed_account_group_id: UUID


class ResourcePolicyPage(ColumnPaging):
    direct_only: bool = False


class GroupCardPage(ColumnPaging):
    include_last_run: bool = False


class CandidatePage(Paging):
    take: int = 30
    managed_account_group_id: UUID | None = None
    policy_type: PolicyType | None = None


@operation(
    "AccessControlPolicy.FindPolicies",
    "GET /api/v1/AccessControlPolicy/ManagedAccount/{managedAccountId}/ManagedResource/{managedResourceId}",
    who=ADMIN,
    permission=_READ,
    problems=(404,),
    summary="The policies that join a person and a resource, by groups and collections too, disabled ones included",
)
def find_policies(tx: ReadTx, call: Call[AccountAndResource, None, None]) -> list[SimpleAccessControlPolicy]:
    account, target = call.params.managed_account_id, call.params.managed_resource_id
    people.get(tx, account)
    get_resource(tx, target)
    return [policy_view(view) for view in policies.joining(tx, account, target)]


@operation(
    "AccessControlPolicy.FindResourcePolicies",
    "GET /api/v1/AccessControlPolicy/ManagedResource/{managedResourceId}",
    who=ADMIN_OR_APP,
    permission=_READ,
    problems=(404,),
    summary="One page of the policies that hold a resource; with directOnly none that holds it by a group",
)
def find_resource_policies(
    tx: ReadTx, call: Call[ResourcePath, ResourcePolicyPage, None]
) -> DataTable[SimpleAccessControlPolicy]:
    target, query = call.params.managed_resource_id, call.query
    get_resource(tx, target)
    listed = policies.on_resource(tx, query.page(), target, direct_only=query.direct_only, caller=call.caller)
    return DataTable[SimpleAccessControlPolicy](
        data=[policy_view(view) for view in listed.rows], records_total=listed.total
    )


@operation(
    "AccessControlPolicy.SearchPoliciesForAccountGroupAsync",
    "GET /api/v1/AccessControlPolicy/ManagedAccountGroup/{managedAccountGroupId}",
    who=ADMIN,
    permission=_READ,
    problems=(400, 404),
    summary="One page of the activities that policies give to a group or a collection",
)
def search_for_group(tx: ReadTx, call: Call[GroupPath, GroupCardPage, None]) -> DataTable[GroupActivityCard]:
    """The last session of any of its members, where asked for."""
    group_id, query = call.params.managed_account_group_id, call.query
    _check_group(tx, group_id)
    listed = group_cards.group_cards(tx, query.page(), group_id, last_run=query.include_last_run)
    data = [
        GroupActivityCard(
            id=row.activity_id,
            name=row.name,
            policy_id=row.policy_id,
            policy_name=row.policy_name,
            managed_account_group_id=group_id,
            latest_session_actual_start_utc=at(row.last_start),
        )
        for row in listed.rows
    ]
    return DataTable[GroupActivityCard](data=data, records_total=listed.total)


@operation(
    "AccessControlPolicy.GetPolicyCandidatesForAccountGroupAsync",
    "GET /api/v1/AccessControlPolicy/ManagedAccountGroup/Candidates",
    who=ADMIN,
    permission=_READ,
    problems=(400, 404),
    summary="One page of the policies that a group or a collection is not in",
)
def candidates_for_group(
    tx: ReadTx, call: Call[None, CandidatePage, None]
) -> DataTable[AccessControlPolicyDetails]:
    query = call.query
    if query.managed_account_group_id is not None:
        _check_group(tx, query.managed_account_group_id)
    listed = policies.without_group(tx, query.page(), query.managed_account_group_id, query.policy_type)
    return DataTable[AccessControlPolicyDetails](
        data=[policy_details(row) for row in listed.rows], records_total=listed.total
    )


def _check_group(tx: ReadTx, group_id: UUID) -> None:
    if people.get(tx, group_id).kind not in GROUPS:
        raise NotFound("there is no group with this id")
