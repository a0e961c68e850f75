"""/api/v1/AccessControlPolicy: one person, application or group put into several policies, or taken out (POL-02)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.policy_view import policy_view
from locum.api.wire.access_control_policy import SimpleAccessControlPolicy
from locum.api.wire.base import In
from locum.identities import people
from locum.identities.model import GROUPS
from locum.kit.db import Tx
from locum.kit.errors import Invalid, NotFound
from locum.kit.permissions import Permission
from locum.policies.membership import add_to_many, remove_from_all, remove_from_many
from locum.reads import policies as reads


class AccountPath(In):
    managed_account_id: UUID


class GroupPath(In):
    managed_account_group_id: UUID


_Call = Call[AccountPath, None, list[UUID]] | Call[GroupPath, None, list[UUID]]


@operation(
    "AccessControlPolicy.AddManagedAccountToMultiplePoliciesAsync",
    "POST /api/v1/AccessControlPolicy/AddManagedAccountToMultiplePolicies/{managedAccountId}",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404,),
    audit="policy.member_added",
    summary="Put a person or an application into several policies; answers its id",
)
def add_account(tx: Tx, call: Call[AccountPath, None, list[UUID]]) -> str:
    """All of them or, where one does not exist, none (400)."""
    return _add(tx, call, call.params.managed_account_id, groups=False)


@operation(
    "AccessControlPolicy.RemoveManagedAccountFromMultiplePoliciesAsync",
    "POST /api/v1/AccessControlPolicy/RemoveManagedAccountFromMultiplePolicies/{managedAccountId}",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404,),
    audit="policy.member_removed",
    summary="Take a person or an application out of several policies; answers its id",
)
def remove_account(tx: Tx, call: Call[AccountPath, None, list[UUID]]) -> str:
    return _remove(tx, call, call.params.managed_account_id, groups=False)


@operation(
    "AccessControlPolicy.AddManagedAccountGroupToMultiplePoliciesAsync",
    "POST /api/v1/AccessControlPolicy/AddManagedAccountGroupToMultiplePolicies/{managedAccountGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404,),
    audit="policy.member_added",
    summary="Put a group or a collection into several policies; answers its id",
)
def add_group(tx: Tx, call: Call[GroupPath, None, list[UUID]]) -> str:
    return _add(tx, call, call.params.managed_account_group_id, groups=True)


@operation(
    "AccessControlPolicy.RemoveManagedAccountGroupFromMultiplePoliciesAsync",
    "POST /api/v1/AccessControlPolicy/RemoveManagedAccountGroupFromMultiplePolicies/{managedAccountGroupId}",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404,),
    audit="policy.member_removed",
    summary="Take a group or a collection out of several policies; answers its id",
)
def remove_group(tx: Tx, call: Call[GroupPath, None, list[UUID]]) -> str:
    return _remove(tx, call, call.params.managed_account_group_id, groups=True)


@operation(
    "AccessControlPolicy.RemoveManagedGroupAccountFromAllPolicies",
    "DELETE /api/v1/AccessControlPolicy/ManagedGroupAccount/{managedAccountId}",
    who=ADMIN,
    permission=Permission.POLICIES_POLICY_MODIFY,
    problems=(404,),
    audit="policy.member_removed",
    summary="Take a group or a collection out of every policy; answers those it was in",
)
def remove_from_every(tx: Tx, call: Call[AccountPath, None, None]) -> list[SimpleAccessControlPolicy]:
    group_id = call.params.managed_account_id
    field = _field(tx, group_id, groups=True)
    return [policy_view(view) for view in reads.some(tx, remove_from_all(tx, call.caller, field, group_id))]


def _add(tx: Tx, call: _Call, identity_id: UUID, *, groups: bool) -> str:
    done = add_to_many(tx, call.caller, _field(tx, identity_id, groups=groups), identity_id, call.body)
    if done.failed:
        raise Invalid("the body names an access policy that does not exist")
    return str(identity_id)


def _remove(tx: Tx, call: _Call, identity_id: UUID, *, groups: bool) -> str:
    done = remove_from_many(tx, call.caller, _field(tx, identity_id, groups=groups), identity_id, call.body)
    if done.failed:
        raise Invalid("the body names an access policy that does not exist")
    return str(identity_id)


def _field(tx: Tx, identity_id: UUID, *, groups: bool) -> str:
    """Where the identity stands among a policy's members. Raises NotFound for none, and for one of the other sort."""
    kind = people.get(tx, identity_id).kind
    if (kind in GROUPS) != groups:
        raise NotFound("there is no group with this id" if groups else "there is no account with this id")
    return "groups" if groups else "identities"
