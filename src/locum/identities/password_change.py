"""Setting passwords: one's own, another's by an administrator, a new person's first one.

Argon2id takes long, so it is done before the unit of work that settles the change, and that unit looks again at what
could have changed meanwhile.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit.log import record
from locum.identities import lockout, policy, signins
from locum.identities.model import Login, local_login, password_history
from locum.identities.password_rules import check_new
from locum.identities.passwords import PasswordHasher
from locum.identities.people import local
from locum.identities.policy import SignInPolicy
from locum.identities.settle import PENDING, needs, refused, usable
from locum.identities.token_issuer import Opened, TokenIssuer
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Forbidden, Invalid, LocumError, Unauthenticated
from locum.kit.ids import new_id
from locum.vault.secret import Secret

_USED_BEFORE = "the new password was used before: choose one that was not"


class PasswordChange:
    """Every way a password comes to be."""

    def __init__(self, db: Database, hasher: PasswordHasher, issuer: TokenIssuer) -> None:
        self._db = db
        self._hasher = hasher
        self._issuer = issuer

    async def first(self, password: Secret, *, personal: list[str | None], field: str) -> str:
        """The hash of a new person's first password. Raises Invalid for one that breaks a rule."""
        check_new(password, await self._db.read(policy.load), personal=personal, field=field)
        return await self._hasher.hash(password)

    async def own(
        self, identity_id: UUID, old: Secret, new: Secret, *, forced: bool, address: str | None, client: str | None
    ) -> str | Opened:
        """Replace one's own password, the old one being the proof, and end every sign-in but a new one (AUTH-21).

        `forced`: the change that a sign-in is waiting for; the answer is a token for its next step, else the new
        sign-in. Raises Unauthenticated (wrong old password), Invalid (the new one), Forbidden, RateLimited.
        """
        known, rules = await self._db.read(_known, identity_id)
        check_new(new, rules, personal=_personal(known), field="passwordNew")
        if new == old:
            raise Invalid("the new password must differ from the old one", field="passwordNew")
        hashed = None
        if await self._hasher.verify(known.password_hash, old):
            await self._check_history(identity_id, new, rules)
            hashed = await self._hasher.hash(new)
        settled = await self._db.write(self._settle_own, known, hashed, forced, address, client)
        if isinstance(settled, LocumError):
            raise settled
        return settled

    async def reset(self, actor: Actor, identity_id: UUID, new: Secret, *, must_change: bool) -> None:
        """Set another's password (ManagedAccount.ResetLocalUserPasswordAsync): clears their lock after wrong tries,
        ends their sign-ins, and by `must_change` has them choose their own at the next one.

        Raises NotFound, Invalid (no local user, or the new password).
        """
        known, rules = await self._db.read(_local, identity_id)
        check_new(new, rules, personal=_personal(known), field="passwordNew")
        await self._check_history(identity_id, new, rules)
        hashed = await self._hasher.hash(new)

        def settle(tx: Tx) -> None:
            local(tx, identity_id)
            _replace(tx, identity_id, hashed, must_change=must_change)
            lockout.clear(tx, identity_id)
            signins.end_all(tx, identity_id)
            record(
                tx,
                actor,
                "password.reset",
                object_kind="identity",
                object_id=identity_id,
                detail={"name": known.name, "must_change": must_change},
            )

        await self._db.write(settle)

    async def _check_history(self, identity_id: UUID, new: Secret, rules: SignInPolicy) -> None:
        for hashed in await self._db.read(_history, identity_id, rules.password_history):
            if await self._hasher.verify(hashed, new):
                raise Invalid(_USED_BEFORE, field="passwordNew")

    def _settle_own(
        self, tx: Tx, known: Login, hashed: str | None, forced: bool, address: str | None, client: str | None
    ) -> str | Opened | LocumError:
        login = usable(tx, known.identity_id, hold=True)
        actor = Actor(login.identity_id, login.name, address)
        if hashed is None or login.password_hash != known.password_hash:
            refused(tx, actor, "wrong old password")
            lockout.count_wrong(tx, login.identity_id)
            return Unauthenticated("the old password is not right")
        if forced and needs(tx, login) != "password_change":
            return Forbidden("no forced change of the password is waiting", missing="password_change")
        _replace(tx, login.identity_id, hashed, must_change=False)
        signins.end_all(tx, login.identity_id)
        detail = {"forced": forced}
        record(tx, actor, "password.changed", object_kind="identity", object_id=login.identity_id, detail=detail)
        if forced:
            left = needs(tx, usable(tx, login.identity_id))
            return self._issuer.pending(tx, login.identity_id, pending=PENDING[left])
        return self._issuer.open(tx, login.identity_id, method="password", address=address, client=client)


def _known(tx: ReadTx, identity_id: UUID) -> tuple[Login, SignInPolicy]:
    return usable(tx, identity_id), policy.load(tx)


def _local(tx: ReadTx, identity_id: UUID) -> tuple[Login, SignInPolicy]:
    return local(tx, identity_id), policy.load(tx)


def _personal(login: Login) -> list[str | None]:
    return [login.name, login.display_name]


def _history(tx: ReadTx, identity_id: UUID, last: int) -> list[str]:
    """The hashes of the password in use and of the ones before it, as many as the rule looks at."""
    if last == 0:
        return []
    used = sa.select(local_login.c.password_hash).where(local_login.c.identity_id == identity_id)
    older = (
        sa.select(password_history.c.password_hash)
        .where(password_history.c.identity_id == identity_id)
        .order_by(password_history.c.replaced_at.desc(), password_history.c.id.desc())
        .limit(last - 1)
    )
    return [*tx.scalars(used), *tx.scalars(older)]


def _replace(tx: Tx, identity_id: UUID, hashed: str, *, must_change: bool) -> None:
    """Set the hash; the one it replaces goes into the history, of which no more is kept than a rule could ask for."""
    mine = password_history.c.identity_id == identity_id
    before = tx.scalar(sa.select(local_login.c.password_hash).where(local_login.c.identity_id == identity_id))
    tx.add(password_history, id=new_id(), identity_id=identity_id, password_hash=before, replaced_at=tx.now)
    newest = (
        sa.select(password_history.c.id)
        .where(mine)
        .order_by(password_history.c.replaced_at.desc(), password_history.c.id.desc())
    )
    tx.run(
        sa.delete(password_history).where(mine, password_history.c.id.not_in(newest.limit(policy.MOST_HISTORY)))
    )
    tx.run(
        sa.update(local_login)
        .where(local_login.c.identity_id == identity_id)
        .values(password_hash=hashed, changed_at=tx.now, must_change=must_change)
    )
