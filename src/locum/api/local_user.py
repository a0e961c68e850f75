"""Local users and their passwords: part of the contract's ManagedAccount controller."""

from __future__ import annotations

from uuid import UUID

from locum.api.account_view import account_view, other_names, required_name
from locum.api.context import SIGNED_IN_COOKIE, Call
from locum.api.guards import ADMIN, ADMIN_OR_APP, PASSWORD_CHANGE
from locum.api.managed_account import AccountId, delete_each
from locum.api.operations import operation
from locum.api.wire.base import In, NameAndId
from locum.api.wire.managed_account import (
    Counts,
    CreateLocalUserRequestIn,
    LocalUserPasswordChangeRequestIn,
    ManagedAccountView,
    ManagedAccountViewIn,
)
from locum.identities import people
from locum.identities.model import Kind
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden, Invalid
from locum.kit.permissions import Permission
from locum.reads import accounts
from locum.vault.secret import Secret


class Forced(In):
    forced: bool = False


@operation(
    "ManagedAccount.ListLocalUsersNameAndIdsAsync",
    "GET /api/v1/ManagedAccount/ListLocalUsersNameAndIds",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_LIST_READ,
    summary="Names and ids of all local users",
)
def list_local_users(tx: ReadTx, call: Call[None, None, None]) -> list[NameAndId]:
    return [NameAndId.from_row(row) for row in people.names(tx, Kind.LOCAL)]


@operation(
    "ManagedAccount.CreateLocalUserAsync",
    "POST /api/v1/ManagedAccount/CreateLocalUser",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_LOCAL_CREATE,
    summary="Make a local user with a first password",
)
async def create_local_user(call: Call[None, None, CreateLocalUserRequestIn]) -> ManagedAccountView:
    """AUTH-21. Hashing the password takes long, so it is done before the unit of work begins."""
    if call.caller.key is not None:
        call.caller.key.check_new_person("ManagedAccount.CreateLocalUserAsync")
    view = call.body.managed_account_view
    hashed = await call.api.passwords.first(
        _given(call.body.local_user_password_change_request.password_new, "passwordNew"),
        personal=[view.name, view.display_name],
        field="localUserPasswordChangeRequest.passwordNew",
    )
    return await call.api.db.write(_create_local_user, call.caller.actor, call.body, hashed)


def _create_local_user(tx: Tx, actor: Actor, body: CreateLocalUserRequestIn, hashed: str) -> ManagedAccountView:
    view = body.managed_account_view
    made = people.create_local_user(
        tx,
        actor,
        name=required_name(view.name or body.local_user_password_change_request.username),
        password_hash=hashed,
        must_change=body.change_password_next_login,
        **other_names(view),
    )
    return account_view(accounts.one(tx, made.id))


@operation(
    "ManagedAccount.UpdateLocalUserAsync",
    "PUT /api/v1/ManagedAccount/UpdateLocalUser",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_LOCAL_MANAGE,
    problems=(404,),
    audit="identity.changed",
    summary="Change a local user's names",
)
def update_local_user(tx: Tx, call: Call[None, None, ManagedAccountViewIn]) -> ManagedAccountView:
    """The view is put back whole: a name that is left out is cleared. Locks, roles and passwords are not names."""
    return update_account(tx, call, Kind.LOCAL)


def update_account(
    tx: Tx, call: Call[None, None, ManagedAccountViewIn], kind: Kind, **more: str | None
) -> ManagedAccountView:
    """Set the names of a local user or an application."""
    view = call.body
    if view.id is None:
        raise Invalid("id is required", field="id")
    people.update(
        tx,
        call.caller.actor,
        view.id,
        kind,
        name=required_name(view.name),
        **other_names(view),
        **more,
    )
    return account_view(accounts.one(tx, view.id))


@operation(
    "ManagedAccount.ChangeLocalUserPasswordAsync",
    "PUT /api/v1/ManagedAccount/ChangeLocalUserPassword",
    who=PASSWORD_CHANGE,
    problems=(429,),
    summary="Change one's own password; answers a new token",
)
async def change_local_user_password(call: Call[None, Forced, LocalUserPasswordChangeRequestIn]) -> str:
    """AUTH-21. The old password is the proof, whatever the token. A change that a sign-in waits for is a forced one,
    said so or not, and its token is good for the second factor; any other needs a complete sign-in, and ends all."""
    caller, body = call.caller, call.body
    if body.managed_account_id not in (None, caller.identity_id) or not _same_name(body.username, caller.name):
        raise Forbidden("only one's own password can be changed here", missing="own account")
    if call.query.forced and caller.pending is None:
        raise Forbidden("no forced change of the password is waiting", missing="password_change")
    changed = await call.api.passwords.own(
        caller.identity_id,
        _given(body.password_old, "passwordOld"),
        _given(body.password_new, "passwordNew"),
        forced=caller.pending is not None,
        address=call.address,
        client=call.client,
    )
    if isinstance(changed, str):
        return changed
    call.reply.set_cookie(SIGNED_IN_COOKIE, changed.cookie.reveal_text())
    return changed.token


@operation(
    "ManagedAccount.ResetLocalUserPasswordAsync",
    "PUT /api/v1/ManagedAccount/ResetLocalUserPassword/{managedAccountId}",
    who=ADMIN,
    permission=Permission.ACCOUNTS_PASSWORD_RESET,
    problems=(404,),
    summary="Set a local user's password; they choose their own at the next sign-in",
)
async def reset_local_user_password(call: Call[AccountId, None, LocalUserPasswordChangeRequestIn]) -> None:
    """AUTH-21. An administrator should not know a password that lasts, so it must be changed at the next sign-in."""
    account, body = call.params.managed_account_id, call.body
    if body.managed_account_id not in (None, account):
        raise Invalid("managedAccountId names another account than the path", field="managedAccountId")
    new = _given(body.password_new, "passwordNew")
    await call.api.passwords.reset(call.caller.actor, account, new, must_change=True)


@operation(
    "ManagedAccount.DeleteMultipleLocalUsersAsync",
    "POST /api/v1/ManagedAccount/DeleteMultipleLocalUsers",
    who=ADMIN_OR_APP,
    permission=Permission.ACCOUNTS_ACCOUNT_DELETE,
    audit="identity.deleted",
    summary="Delete several local users; answers how many were, and how many could not be",
)
def delete_local_users(tx: Tx, call: Call[None, None, list[UUID]]) -> Counts:
    return delete_each(tx, call, call.body, {Kind.LOCAL})


def _given(password: Secret | None, field: str) -> Secret:
    if password is None:
        raise Invalid(f"{field} is required", field=field)
    return password


def _same_name(given: str | None, own: str) -> bool:
    return not given or people.same_name(given, own)
