"""Complete sign-ins: a row from the moment one is complete until it ends, looked at by every request made with it.

It ends when its person signs out, here or everywhere, when its longest time is over, when the API key it was made
with ends, and, for whoever holds it by cookie, when it was not used for the idle time (AUTH-23). A token is only a
proof of a sign-in that has not ended, so ending one takes effect on the next request.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import policy
from locum.identities.digests import KeyedDigest
from locum.identities.model import identity, sign_in
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound, Unauthenticated
from locum.kit.ids import new_id
from locum.vault.secret import Secret

Method = Literal["password", "passkey", "certificate"]

KEPT = dt.timedelta(days=30)  # ended ones, for their person to see
LONGEST_CLIENT = 256
# A cookie's use is written down at most this often, so that a request seldom has to write.
TOUCH_AFTER = dt.timedelta(seconds=30)
_COOKIE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Begun:
    """A new sign-in. `cookie` is what a browser may hold in place of a token; only its digest stays here."""

    id: UUID
    ends_at: dt.datetime
    cookie: Secret


class SignInRow(msgspec.Struct, frozen=True):
    """A sign-in as its person sees it in a list."""

    id: UUID
    method: str
    address: str | None
    client: str | None
    started_at: dt.datetime
    last_used_at: dt.datetime
    ends_at: dt.datetime
    ended_at: dt.datetime | None


class _Ends(msgspec.Struct, frozen=True):
    ends_at: dt.datetime
    ended_at: dt.datetime | None


def begin(
    tx: Tx,
    digest: KeyedDigest,
    *,
    identity_id: UUID,
    method: Method,
    address: str | None,
    client: str | None,
    api_key_id: UUID | None = None,
) -> Begun:
    """Write a complete sign-in down. `client` is the User-Agent it came with, cut to 256 characters."""
    tx.run(sa.delete(sign_in).where(sign_in.c.identity_id == identity_id, sign_in.c.ends_at < tx.now - KEPT))
    cookie = Secret(secrets.token_urlsafe(_COOKIE_BYTES))
    begun = Begun(new_id(), tx.now + dt.timedelta(hours=policy.load(tx).longest_hours), cookie)
    tx.add(
        sign_in,
        id=begun.id,
        identity_id=identity_id,
        api_key_id=api_key_id,
        method=method,
        cookie_digest=digest.of("signed-in-cookie", cookie.reveal()),
        address=address,
        client=_shown(client),
        started_at=tx.now,
        last_used_at=tx.now,
        ends_at=begun.ends_at,
    )
    return begun


def _shown(client: str | None) -> str | None:
    """What a client says it is, as a list can show it: a header is a stranger's text."""
    return "".join(c for c in client if c.isprintable())[:LONGEST_CLIENT] or None if client else None


def end_of(tx: ReadTx, sign_in_id: UUID) -> dt.datetime:
    """When the sign-in's longest time is over. Raises Unauthenticated if it is, or if it was ended."""
    row = tx.first(_Ends, sa.select(sign_in.c.ends_at, sign_in.c.ended_at).where(sign_in.c.id == sign_in_id))
    if row is None or row.ended_at is not None or row.ends_at <= tx.now:
        raise Unauthenticated("the sign-in has ended: sign in again")
    return row.ends_at


def used(tx: Tx, sign_in_id: UUID) -> None:
    """Start its idle time anew."""
    tx.run(sa.update(sign_in).where(sign_in.c.id == sign_in_id).values(last_used_at=tx.now))


def end(tx: Tx, actor: Actor, identity_id: UUID, sign_in_id: UUID) -> None:
    """Sign out of one sign-in. Raises NotFound unless it is that identity's; ending one twice changes nothing."""
    mine = (sign_in.c.id == sign_in_id, sign_in.c.identity_id == identity_id)
    if tx.scalar(sa.select(sign_in.c.id).where(*mine)) is None:
        raise NotFound("you have no such sign-in")
    if tx.run(sa.update(sign_in).where(*mine, sign_in.c.ended_at.is_(None)).values(ended_at=tx.now)):
        record(tx, actor, "signin.ended", object_kind="identity", object_id=identity_id)


def end_all(tx: Tx, identity_id: UUID) -> int:
    """End every sign-in of an identity, the pending ones too; answers how many. The caller records why."""
    ended = tx.run(
        sa.update(sign_in)
        .where(sign_in.c.identity_id == identity_id, sign_in.c.ended_at.is_(None), sign_in.c.ends_at > tx.now)
        .values(ended_at=tx.now)
    )
    tx.run(
        sa.update(identity)
        .where(identity.c.id == identity_id)
        .values(tokens_valid_from=tx.now, modified_at=tx.now)
    )
    return ended


def sign_out_everywhere(tx: Tx, actor: Actor, identity_id: UUID) -> int:
    """What a person does who left a browser signed in somewhere; answers how many sign-ins ended."""
    ended = end_all(tx, identity_id)
    record(
        tx,
        actor,
        "signin.ended_everywhere",
        object_kind="identity",
        object_id=identity_id,
        detail={"count": ended},
    )
    return ended


def of_identity(tx: ReadTx, identity_id: UUID, *, limit: int = 200) -> list[SignInRow]:
    """An identity's sign-ins, live and ended, the newest first."""
    columns = (sign_in.c[name] for name in SignInRow.__struct_fields__)
    rows = sa.select(*columns).where(sign_in.c.identity_id == identity_id)
    return tx.rows(SignInRow, rows.order_by(sign_in.c.started_at.desc(), sign_in.c.id).limit(limit))
