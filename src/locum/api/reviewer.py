"""Who is a reviewer (USER-07): operations of the contract's ManagedAccount controller."""

from __future__ import annotations

from locum.api.account_view import account_info
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_APP_OR_REVIEWER, ADMIN_OR_APP
from locum.api.managed_account import AccountId
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import DataTable, In
from locum.api.wire.enums import EntityType
from locum.api.wire.managed_account import ManagedAccountInfo, ManagedAccountOrGroupIdIn
from locum.api.wire.reviewer import ManagedAccountAndCollectionsView
from locum.identities import role_members
from locum.identities.caller import Role
from locum.identities.model import Kind
from locum.identities.roles import BUILT_IN
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.reads import accounts

_REVIEWER = next(role.id for role in BUILT_IN if role.role is Role.REVIEWER)


class IsReviewer(In):
    is_reviewer: bool


class ReviewerSearch(Paging):
    filter_entity_type: EntityType | None = None
    candidates: bool = False


@operation(
    "ManagedAccount.SetAsReviewerAsync",
    "PUT /api/v1/ManagedAccount/Reviewer/{managedAccountId}",
    who=ADMIN,
    permission=Permission.ACCOUNTS_REVIEWER_MANAGE,
    problems=(404,),
    audit="role.member_added",
    summary="Make somebody a reviewer, or no longer one",
)
def set_as_reviewer(tx: Tx, call: Call[AccountId, IsReviewer, None]) -> ManagedAccountInfo:
    account_id = call.params.managed_account_id
    change = role_members.add if call.query.is_reviewer else role_members.remove
    change(tx, call.caller.actor, _REVIEWER, [account_id])
    return account_info(accounts.one(tx, account_id))


@operation(
    "ManagedAccount.AddMultipleReviewerAsync",
    "POST /api/v1/ManagedAccount/Reviewer/AddMultiple",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_REVIEWER_MANAGE,
    problems=(404,),
    audit="role.member_added",
    summary="Make all of them reviewers or, where one can't be, none; answers how many were not before",
)
def add_multiple_reviewer(tx: Tx, call: Call[None, None, list[ManagedAccountOrGroupIdIn]]) -> str:
    return str(role_members.add(tx, call.caller.actor, _REVIEWER, [one.id for one in call.body]))


@operation(
    "ManagedAccount.DeleteMultipleReviewerAsync",
    "POST /api/v1/ManagedAccount/Reviewer/DeleteMultiple",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_REVIEWER_MANAGE,
    problems=(404,),
    audit="role.member_removed",
    summary="Make none of them a reviewer any more; answers how many were",
)
def delete_multiple_reviewer(tx: Tx, call: Call[None, None, list[ManagedAccountOrGroupIdIn]]) -> str:
    return str(role_members.remove(tx, call.caller.actor, _REVIEWER, [one.id for one in call.body]))


@operation(
    "ManagedAccount.GetAllReviewersInfoAsync",
    "GET /api/v1/ManagedAccount/Reviewer/Info",
    who=ADMIN,
    permission=Permission.ACCOUNTS_LIST_READ,
    summary="Every reviewer, by name",
)
def get_all_reviewers_info(tx: ReadTx, call: Call[None, None, None]) -> list[ManagedAccountInfo]:
    return [account_info(row) for row in accounts.all_reviewers(tx)]


@operation(
    "ManagedAccount.ReviewerSearch",
    "GET /api/v1/ManagedAccount/Reviewer/Search",
    who=ADMIN_APP_OR_REVIEWER,
    permission=Permission.ACCOUNTS_LIST_READ,
    summary="List reviewers, or with candidates the people who could become one",
)
def reviewer_search(
    tx: ReadTx, call: Call[None, ReviewerSearch, None]
) -> DataTable[ManagedAccountAndCollectionsView]:
    query = call.query
    kind = None if query.filter_entity_type is None else Kind(query.filter_entity_type)
    listed = accounts.reviewers(tx, query.page(), kind=kind, candidates=query.candidates)
    data = []
    for row in listed.rows:
        view = ManagedAccountAndCollectionsView.from_row(row)
        view.entity_type = EntityType(row.kind)
        data.append(view)
    return DataTable[ManagedAccountAndCollectionsView](data=data, records_total=listed.total)
