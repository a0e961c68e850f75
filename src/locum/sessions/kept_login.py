"""A login of a database that stays, and the access sessions that are on it at the same time (SES-11).

On a Linux host notes say which session brought what; a database has no place for notes, so the grant ledger says it.
Three rules keep sessions on one login from breaking each other:

(1) Nothing is intended on a login while another session's access to it is being taken away: `join` says to come back.
(2) What is taken away is what no session that goes on has brought or needs: `still_needed`.
(3) What a session finds is what was there before all that were on the login with it: `found`.

`join` and `stay` hold the resource's row, so that one of them sees what the other has written.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from locum.connectors.base import TargetUnreachable
from locum.connectors.database_steps import about, as_found, asked_of, had_before
from locum.kit import jobs
from locum.kit.db import ReadTx, Tx
from locum.kit.jobs import Job
from locum.resources.model import ResourceType, resource
from locum.sessions import ledger, transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, EntryState, LedgerEntry, access_session, ledger_entry
from locum.sessions.password import PASSWORD_PURPOSE, new_password
from locum.vault.secret import Secret
from locum.vault.store import Vault

STAYS = ("own_account", "managed_account")
_SHARED = (*STAYS, "role", "grant")
_ENTRY = [ledger_entry.c[name] for name in LedgerEntry.__struct_fields__]
_SESSION = [access_session.c[name] for name in AccessSession.__struct_fields__]


def join(tx: Tx, vault: Vault, session: AccessSession) -> Secret | None:
    """Before anything is intended: raise TargetUnreachable where another session is just leaving this login.

    Answers the password of a managed login that another session is on already: it has only one.
    """
    _hold(tx, session)
    leaving = _beside(tx, session, Status.CANCELLING)
    if leaving:
        raise TargetUnreachable(f"another session's access to {session.login_name} is just being taken away")
    for other in _beside(tx, session, Status.PENDING, Status.ACTIVE):
        if other.password_secret_id is not None:
            return vault.open(tx, other.password_secret_id, purpose=PASSWORD_PURPOSE)
    return None


def found(tx: Tx, entry: LedgerEntry, seen: dict[str, str]) -> dict[str, str]:
    """Write down what the target had before, less what other sessions have brought. Answers that.

    Those that left while this one waited count too: they have left it to this one.
    """
    if entry.kind in _SHARED and "had" in seen:
        had = set(had_before(seen))
        for other in _entries(tx, entry, _met(tx, entry)):
            brought = asked_of(other.kind, other.parameters)
            theirs = had_before(other.found)
            if other.found is not None and about(other.kind, other.parameters) == about(
                entry.kind, entry.parameters
            ):
                had -= {one for one in had if one.partition(":")[0] in brought and one not in theirs}
        seen = as_found(had, seen.get("key"))
    ledger.found(tx, entry.id, seen)
    return seen


def stay(tx: Tx, held: Job, session: AccessSession) -> list[LedgerEntry]:
    """When access is taken away: what sessions that go on have open on this login."""
    jobs.hold(tx, held)
    _hold(tx, session)
    others = [other.id for other in _beside(tx, session, Status.PENDING, Status.ACTIVE)]
    still = ledger_entry.c.state != EntryState.REVERTED
    return tx.rows(LedgerEntry, sa.select(*_ENTRY).where(ledger_entry.c.session_id.in_(others), still))


def was_joined(tx: ReadTx, entry: LedgerEntry) -> bool:
    """Whether other sessions were on the login with this one, and may have left to it what they had brought."""
    return bool(_met(tx, entry))


def still_needed(entry: LedgerEntry, before: dict[str, str], staying: Sequence[LedgerEntry]) -> dict[str, str]:
    """What the undo of an entry must leave there: what was there before, and what others need."""
    had = set() if ledger.takes_out(entry) else set(had_before(before))
    for other in staying:
        if about(other.kind, other.parameters) == about(entry.kind, entry.parameters):
            had |= asked_of(other.kind, other.parameters)
    return as_found(had, before.get("key"))


def pass_on(
    tx: Tx, held: Job, vault: Vault, session: AccessSession, entry: LedgerEntry
) -> tuple[UUID, Secret] | None:
    """Let other people's sessions on a managed login have a password that this session's user does not know.

    None where it stays as it is, as nobody else is there or the user is still on the login by another session.
    Repeating it changes nothing, but for sessions that came or went meanwhile.
    """
    jobs.hold(tx, held)
    _hold(tx, session)
    others = [
        other
        for other in _beside(tx, session, Status.PENDING, Status.ACTIVE)
        if other.password_secret_id is not None
    ]
    if not others or any(other.identity_id == session.identity_id for other in others):
        return None
    first = others[0].password_secret_id
    assert first is not None
    kept = {one.id: one.parameters for one in ledger.entries(tx, session.id)}[entry.id]
    if kept.get("passed_on") == "true":
        return first, vault.open(tx, first, purpose=PASSWORD_PURPOSE)
    password = new_password()
    ids = []
    for other in others:
        ids.append(vault.put(tx, password, purpose=PASSWORD_PURPOSE))
        one = sa.update(access_session).where(access_session.c.id == other.id)
        tx.run(one.values(password_secret_id=ids[-1]))
        assert other.password_secret_id is not None
        vault.erase(tx, other.password_secret_id)
        transition.say(
            tx,
            other.id,
            f"the password of {session.login_name} changes, as somebody else's session on it has ended: copy it anew",
        )
    mark = sa.update(ledger_entry).where(ledger_entry.c.id == entry.id)
    tx.run(mark.values(parameters={**kept, "passed_on": "true"}))
    return ids[0], password


def is_current(tx: ReadTx, secret_id: UUID) -> bool:
    """Whether a password that was just set on the target is still a session's."""
    held = sa.select(access_session.c.id).where(access_session.c.password_secret_id == secret_id)
    return tx.scalar(held.limit(1)) is not None


def _hold(tx: Tx, session: AccessSession) -> None:
    """One server may be several resources, for its databases: the rows of all of them, in the order of their ids."""
    same = sa.select(resource.c.id).where(resource.c.id.in_(_server(session))).order_by(resource.c.id)
    tx.scalars(same.with_for_update(key_share=True))


def _server(session: AccessSession) -> sa.Select[tuple[UUID]]:
    """The resources that are the same database server, as far as their addresses say."""
    mine, other = resource.alias("mine"), resource.alias("other")
    same = sa.and_(
        other.c.type == ResourceType.DATABASE,
        sa.func.coalesce(other.c.ip_address, other.c.dns_name)
        == sa.func.coalesce(mine.c.ip_address, mine.c.dns_name),
        sa.func.coalesce(other.c.port, 0) == sa.func.coalesce(mine.c.port, 0),
        other.c.platform_id == mine.c.platform_id,
    )
    return sa.select(other.c.id).select_from(mine.join(other, same)).where(mine.c.id == session.resource_id)


def _beside(tx: ReadTx, session: AccessSession, *status: Status) -> list[AccessSession]:
    """The other sessions on the login that are in one of these states and have something open there."""
    s, e = access_session.c, ledger_entry.c
    is_open = sa.exists().where(e.session_id == s.id, e.state != EntryState.REVERTED)
    stays = sa.exists().where(e.session_id == s.id, e.position == 0, e.kind.in_(STAYS))
    return tx.rows(
        AccessSession,
        sa.select(*_SESSION)
        .where(
            s.resource_id.in_(_server(session)),
            s.status.in_(status),
            s.login_name == session.login_name,
            s.id != session.id,
            is_open,
            stays,
        )
        .order_by(s.created_at, s.id),
    )


def _met(tx: ReadTx, entry: LedgerEntry) -> list[UUID]:
    """Sessions on the same login that were there when the entry was intended, or came since."""
    session = transition.get(tx, entry.session_id)
    s, e = access_session.c, ledger_entry.c
    since = sa.select(e.intended_at).where(e.id == entry.id).scalar_subquery()
    met = sa.exists().where(e.session_id == s.id, sa.or_(e.reverted_at.is_(None), e.reverted_at >= since))
    return tx.scalars(
        sa.select(s.id).where(
            s.resource_id.in_(_server(session)), s.login_name == session.login_name, s.id != session.id, met
        )
    )


def _entries(tx: ReadTx, entry: LedgerEntry, sessions: Sequence[UUID]) -> list[LedgerEntry]:
    """What these sessions have written down of that kind."""
    e = ledger_entry.c
    return tx.rows(LedgerEntry, sa.select(*_ENTRY).where(e.session_id.in_(sessions), e.kind == entry.kind))
