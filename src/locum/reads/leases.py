"""Leases with the names of their credentials and holders."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.model import credential
from locum.identities.caller import Caller
from locum.identities.model import identity
from locum.kit.db import ReadTx
from locum.kit.errors import NotFound
from locum.kit.paging import Listed, Page, fetch
from locum.kit.permissions import Permission
from locum.sessions.lease_cycle import LIVE
from locum.sessions.model import lease


class LeaseRow(msgspec.Struct, frozen=True):
    """One lease as the lists show it: never with a secret."""

    id: UUID
    credential_id: UUID
    username: str
    domain: str
    identity_id: UUID
    identity_name: str
    state: str
    exclusive_credential_id: UUID | None
    change_on_checkout: bool
    change_on_release: bool
    note: str | None
    ticket: str | None
    created_at: dt.datetime
    active_at: dt.datetime | None
    due_at: dt.datetime
    ended_at: dt.datetime | None
    end_reason: str | None
    last_error: str | None


_TABLES = lease.join(credential, credential.c.id == lease.c.credential_id).join(
    identity, identity.c.id == lease.c.identity_id
)
_ELSEWHERE = {
    "username": credential.c.username,
    "domain": credential.c.domain,
    "identity_name": identity.c.name.label("identity_name"),
}
_COLUMNS = [_ELSEWHERE[n] if n in _ELSEWHERE else lease.c[n] for n in LeaseRow.__struct_fields__]

_ORDERED: dict[str, sa.ColumnElement[Any]] = {
    "username": credential.c.username,
    "domain": credential.c.domain,
    "managedaccountname": identity.c.name,
    "createddatetimeutc": lease.c.created_at,
    "duedatetimeutc": lease.c.due_at,
    "state": lease.c.state,
}
_SEARCHED = ["username", "domain", "managedaccountname"]


def leases(tx: ReadTx, caller: Caller, page: Page, *, live: bool) -> Listed[LeaseRow]:
    """One page of the caller's leases, or of everybody's for who manages them, newest first unless ordered."""
    if page.order_by is None:
        page = Page(page.skip, page.take, "createdDateTimeUtc", True, page.filter_text)
    query = _visible(caller)
    if live:
        query = query.where(lease.c.state.in_(LIVE))
    return fetch(tx, LeaseRow, query, page, columns=_ORDERED, tie=lease.c.id, searched=_SEARCHED)


def one_lease(tx: ReadTx, caller: Caller, lease_id: UUID) -> LeaseRow:
    """A lease the caller may know of, or NotFound."""
    found = tx.first(LeaseRow, _visible(caller).where(lease.c.id == lease_id))
    if found is None:
        raise NotFound("no such lease")
    return found


def _visible(caller: Caller) -> sa.Select[Any]:
    """Somebody else's does not exist (SEC-12), nor one of a credential that the API key is not for (SEC-30)."""
    query = sa.select(*_COLUMNS).select_from(_TABLES)
    if Permission.SESSIONS_ANY_MANAGE not in caller.permissions:
        query = query.where(lease.c.identity_id == caller.identity_id)
    if caller.key is not None and caller.key.credentials is not None:
        query = query.where(lease.c.credential_id.in_(caller.key.credentials))
    return query
