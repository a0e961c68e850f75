"""People and applications alike: the contract's ManagedAccount controller, what it does with an account of any kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from locum.api.account_view import account_info, account_view
from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_APP_OR_REVIEWER, ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import DataTable, In
from locum.api.wire.enums import EntityType
from locum.api.wire.managed_account import (
    Counts,
    ManagedAccountInfo,
    ManagedAccountOrGroupIdIn,
    ManagedAccountView,
)
from locum.identities import locks, mfa, people
from locum.identities.model import Kind
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import LocumError
from locum.kit.permissions import Permission
from locum.reads import accounts
from locum.sessions.leave import leave
from locum.vault.store import Vault


class AccountId(In):
    managed_account_id: UUID


class Id(In):
    id: UUID


class AccountSearch(Paging):
    filter_entity_type: EntityType | None = None
    domain_config_id: UUID | None = None
    resource_id: UUID | None = None


class WithFailures(In):
    include_fail_count: bool = False


@operation(
    "ManagedAccount.Search",
    "GET /api/v1/ManagedAccount/Search",
    who=ADMIN_APP_OR_REVIEWER,
    permission=Permission.ACCOUNTS_LIST_READ,
    summary="List people and applications",
)
def search(tx: ReadTx, call: Call[None, AccountSearch, None]) -> DataTable[ManagedAccountView]:
    """USER-02. No account comes from a domain yet, so that asking for a domain's finds none."""
    query = call.query
    if query.domain_config_id is not None:
        return DataTable[ManagedAccountView]()
    kind = None if query.filter_entity_type is None else Kind(query.filter_entity_type)
    listed = accounts.search(tx, query.page(), kind=kind, resource_id=query.resource_id)
    return DataTable[ManagedAccountView](
        data=[account_view(row) for row in listed.rows], records_total=listed.total
    )


@operation(
    "ManagedAccount.GetManagedAccountByIdAsync",
    "GET /api/v1/ManagedAccount/ByManagedId/{managedAccountId}",
    who=ADMIN_APP_OR_REVIEWER,
    permission=Permission.ACCOUNTS_LIST_READ,
    problems=(404,),
    summary="One account",
)
def by_managed_id(tx: ReadTx, call: Call[AccountId, None, None]) -> ManagedAccountInfo:
    return account_info(accounts.one(tx, call.params.managed_account_id))


@operation(
    "ManagedAccount.GetManagedAccountViewByManagedAccountIdAsync",
    "GET /api/v1/ManagedAccount/ManagedAccountView/{managedAccountId}",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_LIST_READ,
    problems=(404,),
    summary="One account as the list shows it",
)
def view_of_account(tx: ReadTx, call: Call[AccountId, None, None]) -> ManagedAccountView:
    return account_view(accounts.one(tx, call.params.managed_account_id))


@operation(
    "ManagedAccount.LockManagedAccountAsync",
    "POST /api/v1/ManagedAccount/{managedAccountId}/Lock",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_ACCOUNT_LOCK,
    problems=(404, 409),
    audit="identity.locked",
    summary="Lock an account: it is refused from its next request on, and its connections close",
)
def lock_account(tx: Tx, call: Call[AccountId, None, None]) -> ManagedAccountInfo:
    """USER-04. Its access sessions go on until their end, without connections."""
    locks.lock(tx, call.caller.actor, call.params.managed_account_id)
    tx.after_commit.append(call.api.changed.ring)
    return account_info(accounts.one(tx, call.params.managed_account_id))


@operation(
    "ManagedAccount.UnlockManagedAccountAsync",
    "POST /api/v1/ManagedAccount/{managedAccountId}/Unlock",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_ACCOUNT_LOCK,
    problems=(404,),
    audit="identity.unlocked",
    summary="Unlock an account, also one that wrong tries have locked",
)
def unlock_account(tx: Tx, call: Call[AccountId, None, None]) -> ManagedAccountInfo:
    """USER-04, AUTH-09."""
    locks.unlock(tx, call.caller.actor, call.params.managed_account_id)
    return account_info(accounts.one(tx, call.params.managed_account_id))


@operation(
    "ManagedAccount.ResetMfaAsync",
    "PUT /api/v1/ManagedAccount/ResetMFA/{id}",
    who=ADMIN,
    permission=Permission.ACCOUNTS_FACTOR_MANAGE,
    problems=(404,),
    audit="second_factor.reset",
    summary="Take a person's second factors away, so that they enrol again at the next sign-in",
)
def reset_mfa(tx: Tx, call: Call[Id, None, None]) -> None:
    """AUTH-12. Their sign-ins end with it."""
    mfa.reset(tx, call.api.vault, call.caller.actor, people.local(tx, call.params.id))


@operation(
    "ManagedAccount.DeleteAsync",
    "DELETE /api/v1/ManagedAccount/{managedAccountId}",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_ACCOUNT_DELETE,
    problems=(404, 409),
    status=202,
    audit="identity.deleted",
    summary="Delete an account; its sessions end and its access is taken away",
)
def delete_account(tx: Tx, call: Call[AccountId, None, None]) -> str:
    """Answers the id."""
    leave(tx, call.api.vault, call.caller.actor, call.params.managed_account_id)
    tx.after_commit.append(call.api.changed.ring)
    return str(call.params.managed_account_id)


@operation(
    "ManagedAccount.DeleteMultipleAsync",
    "POST /api/v1/ManagedAccount/DeleteMultiple",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_ACCOUNT_DELETE,
    audit="identity.deleted",
    summary="Delete several accounts; answers how many were, and how many could not be",
)
def delete_accounts(tx: Tx, call: Call[None, WithFailures, list[ManagedAccountOrGroupIdIn]]) -> Counts:
    counts = delete_each(tx, call, [entry.id for entry in call.body], set(Kind))
    if not call.query.include_fail_count:
        counts.item2 = 0
    return counts


def delete_each(tx: Tx, call: Call[Any, Any, Any], ids: list[UUID], kinds: set[Kind]) -> Counts:
    """Delete those of `ids` that are of these kinds and may go; one that may not does not keep the others."""
    done = 0
    wanted = list(dict.fromkeys(ids))
    for identity_id in wanted:
        done += _may_delete(tx, call.api.vault, call.caller.actor, identity_id, kinds)
    tx.after_commit.append(call.api.changed.ring)
    return Counts(item1=done, item2=len(wanted) - done)


def _may_delete(tx: Tx, vault: Vault, actor: Actor, identity_id: UUID, kinds: set[Kind]) -> bool:
    try:
        if people.get(tx, identity_id).kind not in kinds:
            return False
        leave(tx, vault, actor, identity_id)  # refuses before it changes anything
    except LocumError:
        return False
    return True
