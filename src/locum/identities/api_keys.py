"""API keys of applications: 256 random bits, spelled as `key_format` says, found by a keyed digest."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import applications, policy
from locum.identities.digests import KeyedDigest
from locum.identities.key_bounds import Bounds as Bounds
from locum.identities.key_format import PATTERN as PATTERN
from locum.identities.key_format import PREFIX as PREFIX
from locum.identities.key_format import spelled
from locum.identities.key_format import well_formed as well_formed
from locum.identities.model import api_key
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, NotFound
from locum.kit.ids import new_id
from locum.vault.secret import Secret
from locum.vault.store import Vault

PURPOSE = "api-key"
DEFAULT_NAME = "API key"


class ApiKey(msgspec.Struct, frozen=True):
    """A key as it is listed: everything but the key. None in a bound's place means that nothing is bounded."""

    id: UUID
    identity_id: UUID
    name: str
    operations: list[str] | None
    policies: list[UUID] | None
    credentials: list[UUID] | None
    addresses: list[str] | None
    max_uses: int | None
    use_count: int
    last_used_at: dt.datetime | None
    last_used_from: str | None
    expires_at: dt.datetime | None
    created_at: dt.datetime
    revoked_at: dt.datetime | None
    secret_id: UUID | None

    def ended(self, now: dt.datetime) -> bool:
        """Whether it was revoked, or its time is over."""
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)


class Created(NamedTuple):
    """A new key, shown this once, and its row."""

    key: Secret
    row: ApiKey


_COLUMNS = [api_key.c[name] for name in ApiKey.__struct_fields__]


def new_key() -> Secret:
    """A fresh key."""
    return Secret(spelled(secrets.randbits(256)))


def well_formed_secret(key: Secret) -> bool:
    """The same for what a caller sent as a secret."""
    try:
        return well_formed(key.reveal_text())
    except UnicodeDecodeError:
        return False


def issue(tx: Tx, vault: Vault, digest: KeyedDigest, actor: Actor, application_id: UUID) -> Secret:
    """Give the application a new key (ManagedAccount.GenerateApiKeyAsync, AUTH-19).

    Every older key stops working when this transaction commits, and can't be revealed any more. Raises NotFound and
    Invalid as `applications.hold` does, Conflict where keys can't be revealed: nobody would ever learn this one.
    """
    if not policy.load(tx).reveal_api_keys:
        raise Conflict(
            "revealing API keys is switched off here, so nobody could learn this key:"
            f" POST /api/locum/v1/Application/{application_id}/ApiKey makes one and answers it"
        )
    at_once = dt.timedelta(0)
    key, _ = _make(tx, vault, digest, actor, application_id, DEFAULT_NAME, Bounds(), at_once, revealable=True)
    return key


def create(
    tx: Tx,
    vault: Vault,
    digest: KeyedDigest,
    actor: Actor,
    application_id: UUID,
    *,
    name: str,
    bounds: Bounds,
    overlap: dt.timedelta = dt.timedelta(0),
) -> Created:
    """Give the application a key of its own name and bounds; the one before it works for `overlap` longer.

    So two keys at most are live, and a program can be given the new one before the old one ends. The key is sealed
    to be revealed unless the installation switched that off. Raises Invalid for a bound in the past.
    """
    revealable = policy.load(tx).reveal_api_keys
    key, key_id = _make(tx, vault, digest, actor, application_id, name, bounds, overlap, revealable=revealable)
    return Created(key, get(tx, key_id))


def _make(
    tx: Tx,
    vault: Vault,
    digest: KeyedDigest,
    actor: Actor,
    application_id: UUID,
    name: str,
    bounds: Bounds,
    overlap: dt.timedelta,
    *,
    revealable: bool,
) -> tuple[Secret, UUID]:
    application = applications.hold(tx, application_id)
    if bounds.expires_at is not None and bounds.expires_at <= tx.now:
        raise Invalid("expiresAt must lie in the future", field="expiresAt")
    _retire(tx, vault, application_id, overlap)
    key = new_key()
    key_id = new_id()
    tx.add(
        api_key,
        id=key_id,
        identity_id=application_id,
        name=name,
        digest=digest.of("api-key", key.reveal()),
        secret_id=vault.put(tx, key, purpose=PURPOSE) if revealable else None,
        created_at=tx.now,
        created_by=actor.id,
        **msgspec.structs.asdict(bounds),
    )
    _audit(tx, actor, "api_key.generated", application_id, application.name, name)
    return key, key_id


def change(tx: Tx, actor: Actor, key_id: UUID, *, name: str, bounds: Bounds) -> ApiKey:
    """Replace a live key's name and bounds, from its next request on. Raises NotFound, Invalid."""
    found = _live(tx, key_id)
    application = applications.hold(tx, found.identity_id)
    if bounds.expires_at is not None and bounds.expires_at <= tx.now:
        raise Invalid("expiresAt must lie in the future: revoke the key to end it now", field="expiresAt")
    tx.run(sa.update(api_key).where(api_key.c.id == key_id).values(name=name, **msgspec.structs.asdict(bounds)))
    _audit(tx, actor, "api_key.changed", application.id, application.name, name)
    return get(tx, key_id)


def revoke(tx: Tx, vault: Vault, actor: Actor, key_id: UUID) -> None:
    """End a key, and every token made with it, from the next request on. Raises NotFound for one that is not live."""
    found = _live(tx, key_id)
    application = applications.hold(tx, found.identity_id)
    _end(tx, vault, found)
    _audit(tx, actor, "api_key.revoked", application.id, application.name, found.name)


def of_application(tx: ReadTx, application_id: UUID) -> list[ApiKey]:
    """Every key the application ever had, the newest first. Raises NotFound, Invalid."""
    applications.check(tx, application_id)
    rows = sa.select(*_COLUMNS).where(api_key.c.identity_id == application_id)
    return tx.rows(ApiKey, rows.order_by(api_key.c.created_at.desc(), api_key.c.id.desc()))


def get(tx: ReadTx, key_id: UUID) -> ApiKey:
    """One key. Raises NotFound."""
    found = tx.first(ApiKey, sa.select(*_COLUMNS).where(api_key.c.id == key_id))
    if found is None:
        raise NotFound("there is no API key with this id")
    return found


def find(tx: ReadTx, digest: KeyedDigest, key: Secret) -> ApiKey | None:
    """The key's row, live or not; None for one this installation never made."""
    return tx.first(ApiKey, sa.select(*_COLUMNS).where(api_key.c.digest == digest.of("api-key", key.reveal())))


def reveal(tx: Tx, vault: Vault, actor: Actor, application_id: UUID) -> Secret:
    """The application's newest key as it is now (ManagedAccount.RevealApiKeyAsync); each time leaves an audit row.

    Raises NotFound for an unknown id or where no key was generated, Invalid for an identity that is no application,
    Forbidden where the installation switched revealing off.
    """
    application = applications.hold(tx, application_id)
    if not policy.load(tx).reveal_api_keys:
        raise Forbidden("revealing API keys is switched off in this installation", missing="revealing switched on")
    live = sa.select(*_COLUMNS).where(*_is_live(tx), api_key.c.identity_id == application_id)
    found = tx.first(ApiKey, live.order_by(api_key.c.created_at.desc(), api_key.c.id.desc()))
    if found is None or found.secret_id is None:
        raise NotFound("this application has no API key yet: generate one")
    _audit(tx, actor, "api_key.revealed", application_id, application.name, found.name)
    return vault.open(tx, found.secret_id, purpose=PURPOSE)


def erase_sealed(tx: Tx, vault: Vault) -> None:
    """Forget every key's sealed form, so that none can be revealed any more. They go on working."""
    for secret_id in tx.scalars(sa.select(api_key.c.secret_id).where(api_key.c.secret_id.is_not(None))):
        vault.erase(tx, secret_id)
    tx.run(sa.update(api_key).values(secret_id=None))


def _retire(tx: Tx, vault: Vault, application_id: UUID, overlap: dt.timedelta) -> None:
    """End every live key; with an overlap the newest goes on until that is over, or its own end comes before."""
    live = sa.select(*_COLUMNS).where(*_is_live(tx), api_key.c.identity_id == application_id)
    keys = tx.rows(ApiKey, live.order_by(api_key.c.created_at.desc(), api_key.c.id.desc()))
    newest = keys[:1] if overlap else []
    for key in newest:
        end = tx.now + overlap
        if key.expires_at is None or key.expires_at > end:
            tx.run(sa.update(api_key).where(api_key.c.id == key.id).values(expires_at=end))
    for key in keys[len(newest) :]:
        _end(tx, vault, key)


def _end(tx: Tx, vault: Vault, key: ApiKey) -> None:
    tx.run(sa.update(api_key).where(api_key.c.id == key.id).values(revoked_at=tx.now, secret_id=None))
    if key.secret_id is not None:
        vault.erase(tx, key.secret_id)


def _is_live(tx: ReadTx) -> tuple[sa.ColumnElement[bool], ...]:
    return api_key.c.revoked_at.is_(None), sa.or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > tx.now)


def _live(tx: ReadTx, key_id: UUID) -> ApiKey:
    found = get(tx, key_id)
    if found.ended(tx.now):
        raise NotFound("this API key has ended already")
    return found


def _audit(tx: Tx, actor: Actor, action: str, application_id: UUID, name: str, key: str) -> None:
    detail = {"application": name, "api_key_name": key}
    record(tx, actor, action, object_kind="identity", object_id=application_id, detail=detail)
