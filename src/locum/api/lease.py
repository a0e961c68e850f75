"""/api/locum/v1/Lease: check-out and check-in of credentials (CRED-08, CRED-09)."""

from __future__ import annotations

import base64
from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN, ADMIN_APP_OR_USER_PLUS, SIGNED_IN, Filtered, Scope, lacks
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import In, Table, at
from locum.api.wire.lease import CheckOutIn, ExtendIn, Lease, LeasedSecret
from locum.identities.caller import Caller
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound
from locum.kit.permissions import Permission
from locum.reads import leases as reads
from locum.sessions import lease as leases

_REVEAL = Permission.CREDENTIALS_SECRET_REVEAL
_VIEW = Permission.CREDENTIALS_PASSWORD_VIEW


class CredentialId(In):
    credential_id: UUID


class LeaseId(In):
    lease_id: UUID


class LeaseQuery(Paging):
    live: bool = False


@operation(
    "Lease.CheckOut",
    "POST /api/locum/v1/Credential/{credentialId}/CheckOut",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_REVEAL,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", (_VIEW,)),
    status=201,
    problems=(404, 409),
    audit="lease.checked_out",
    summary="Check a credential out for some minutes; its secret is had by the lease's own operation",
)
def check_out(tx: Tx, call: Call[CredentialId, None, CheckOutIn | None]) -> Lease:
    body, caller = call.body or CheckOutIn(), call.caller
    asked = leases.CheckOut(
        call.params.credential_id,
        minutes=body.minutes,
        exclusive=body.exclusive,
        note=body.note,
        ticket=body.ticket,
        names_holder=Permission.SESSIONS_ANY_MANAGE in caller.permissions,
    )
    made = leases.check_out(tx, caller.actor, asked)
    tx.after_commit.append(call.api.changed.ring)
    return _shown(reads.one_lease(tx, caller, made.id))


@operation(
    "Lease.List",
    "GET /api/locum/v1/Lease",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400,),
    summary="One's own leases, for administrators everybody's; with live=true those that have not ended",
)
def list_leases(tx: ReadTx, call: Call[None, LeaseQuery, None]) -> Table[Lease]:
    listed = reads.leases(tx, call.caller, call.query.page(), live=call.query.live)
    return Table[Lease](data=[_shown(row) for row in listed.rows], records_total=listed.total)


@operation(
    "Lease.Get",
    "GET /api/locum/v1/Lease/{leaseId}",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    summary="One lease, without its secret",
)
def get_lease(tx: ReadTx, call: Call[LeaseId, None, None]) -> Lease:
    return _shown(reads.one_lease(tx, call.caller, call.params.lease_id))


@operation(
    "Lease.Secret",
    "GET /api/locum/v1/Lease/{leaseId}/Secret",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_REVEAL,
    scope=Filtered((_VIEW,)),
    problems=(404, 409),
    audit="lease.revealed",
    summary="The secret of a credential one has checked out oneself, while the lease is active",
)
def get_secret(tx: Tx, call: Call[LeaseId, None, None]) -> LeasedSecret:
    row = _own(tx, call.caller, call.params.lease_id, knowing=True)
    kept, secrets = leases.reveal(tx, call.api.vault, call.caller.actor, row.id)
    content = secrets.pop("content", None)
    return LeasedSecret(
        lease_id=row.id,
        credential_id=kept.id,
        username=kept.username,
        domain=kept.domain or None,
        kind=kept.kind,
        content=base64.b64encode(content.reveal()).decode() if content else None,
        content_name=kept.content_name,
        **{name: secret.reveal_text() for name, secret in secrets.items()},
    )


@operation(
    "Lease.Extend",
    "PUT /api/locum/v1/Lease/{leaseId}/Extend",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_REVEAL,
    scope=Filtered((_VIEW,)),
    problems=(404, 409),
    audit="lease.extended",
    summary="Let one's own lease last so many minutes from now, 24 hours from its beginning at most",
)
def extend(tx: Tx, call: Call[LeaseId, None, ExtendIn]) -> Lease:
    row = _own(tx, call.caller, call.params.lease_id, knowing=True)
    leases.extend(tx, call.caller.actor, row.id, call.body.minutes)
    return _shown(reads.one_lease(tx, call.caller, row.id))


@operation(
    "Lease.CheckIn",
    "POST /api/locum/v1/Lease/{leaseId}/CheckIn",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404,),
    audit="lease.ending",
    summary="End one's own lease; its secret is given out no more",
)
def check_in(tx: Tx, call: Call[LeaseId, None, None]) -> Lease:
    row = _own(tx, call.caller, call.params.lease_id)
    return _ended(tx, call, row.id, "checked in")


@operation(
    "Lease.ForceCheckIn",
    "POST /api/locum/v1/Lease/{leaseId}/ForceCheckIn",
    who=ADMIN,
    permission=Permission.SESSIONS_ANY_MANAGE,
    problems=(404,),
    audit="lease.ending",
    summary="End anybody's lease",
)
def force_check_in(tx: Tx, call: Call[LeaseId, None, None]) -> Lease:
    row = reads.one_lease(tx, call.caller, call.params.lease_id)
    return _ended(tx, call, row.id, f"checked in by {call.caller.name}")


def _own(tx: ReadTx, caller: Caller, lease_id: UUID, *, knowing: bool = False) -> reads.LeaseRow:
    """The caller's own lease; an administrator's right over all of them opens nobody's secret (SEC-17).

    `knowing`: they must still be let know the secret, as when they checked it out.
    """
    row = reads.one_lease(tx, caller, lease_id)
    if row.identity_id != caller.identity_id:
        raise NotFound("no such lease")
    about = {ScopeKind.CREDENTIAL: row.credential_id}
    if knowing and not (caller.may(_REVEAL, {}) or caller.may(_VIEW, about)):
        raise lacks(_REVEAL, _VIEW, kind="credential")
    return row


def _ended(tx: Tx, call: Call[LeaseId, None, None], lease_id: UUID, reason: str) -> Lease:
    leases.begin_end(tx, call.caller.actor, lease_id, reason=reason)
    tx.after_commit.append(call.api.changed.ring)
    return _shown(reads.one_lease(tx, call.caller, lease_id))


def _shown(row: reads.LeaseRow) -> Lease:
    return Lease(
        id=row.id,
        credential_id=row.credential_id,
        username=row.username,
        domain=row.domain or None,
        managed_account_id=row.identity_id,
        managed_account_name=row.identity_name,
        state=row.state,
        exclusive=row.exclusive_credential_id is not None,
        change_on_checkout=row.change_on_checkout,
        change_on_release=row.change_on_release,
        note=row.note,
        ticket=row.ticket,
        created_date_time_utc=at(row.created_at),
        active_date_time_utc=at(row.active_at),
        due_date_time_utc=at(row.due_at),
        ended_date_time_utc=at(row.ended_at),
        end_reason=row.end_reason,
        last_error=row.last_error,
    )
