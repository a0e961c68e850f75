"""/api/locum/v1/SshKey: the SSH keys people sign in with at the SSH gateway. Ours, not the contract's."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.ssh_key import NewSshKey, SshKeyView
from locum.identities import people, ssh_keys
from locum.identities.caller import Caller
from locum.identities.ssh_keys import Proof, SshKey
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden, NotFound
from locum.kit.permissions import Permission


class SshKeyId(In):
    ssh_key_id: UUID


class Owner(In):
    identity_id: UUID | None = None


@operation(
    "SshKey.GetAll",
    "GET /api/locum/v1/SshKey",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_MANAGE,
    problems=(404,),
    summary="One's own SSH keys, or for administrators anybody's, as a bare array",
)
def get_ssh_keys(tx: ReadTx, call: Call[None, Owner, None]) -> list[SshKeyView]:
    owner = call.query.identity_id or call.caller.identity_id
    if not _may_touch(call.caller, owner):
        raise NotFound("there is no account with this id")
    people.get(tx, owner)
    return [_view(key) for key in ssh_keys.keys_of(tx, owner)]


@operation(
    "SshKey.Create",
    "POST /api/locum/v1/SshKey",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_MANAGE,
    status=201,
    problems=(409,),
    audit="ssh_key.added",
    summary="Register an SSH public key to sign in with at the SSH gateway",
)
def create_ssh_key(tx: Tx, call: Call[None, None, NewSshKey]) -> SshKeyView:
    """Only for oneself: who could add keys for others could sign in as them."""
    caller = call.caller
    sign_in_id = None
    if call.body.ends_with_sign_in:
        sign_in_id = caller.sign_in_id
        if sign_in_id is None:
            raise Forbidden("an API key is no sign-in that a key could end with", missing="sign-in")
    added = ssh_keys.register(
        tx,
        caller.actor,
        caller.identity_id,
        name=call.body.name,
        line=call.body.public_key,
        sign_in_id=sign_in_id,
    )
    return _view(added)


@operation(
    "SshKey.Delete",
    "DELETE /api/locum/v1/SshKey/{sshKeyId}",
    who=SIGNED_IN,
    permission=Permission.ACCOUNTS_SELF_MANAGE,
    problems=(404,),
    audit="ssh_key.removed",
    summary="Remove one of one's own SSH keys, or for administrators anybody's",
)
def delete_ssh_key(tx: Tx, call: Call[SshKeyId, None, None]) -> None:
    key = ssh_keys.one(tx, call.params.ssh_key_id)
    if not _may_touch(call.caller, key.identity_id):
        raise NotFound(ssh_keys.UNKNOWN)
    ssh_keys.remove(tx, call.caller.actor, key.id)


def _may_touch(caller: Caller, owner: UUID) -> bool:
    """Whether the keys of `owner` exist for `caller` (SEC-12)."""
    return owner == caller.identity_id or Permission.ACCOUNTS_SSHKEY_MANAGE in caller.permissions


def _view(key: SshKey) -> SshKeyView:
    view = SshKeyView.from_row(key)
    view.managed_account_id = key.identity_id
    view.security_key = key.proof is Proof.SECURITY_KEY
    view.created_date_time_utc = at(key.created_at)
    view.last_used_date_time_utc = at(key.last_used_at)
    view.ends_at = at(key.ends_at)
    return view
