"""One principal of every kind, with real tokens, keys and cookies, for matrices over every operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from estate import Estate
from identities_world import signed_in
from locum.api.context import SIGNED_IN_COOKIE
from locum.identities import api_keys, locks, signins
from locum.identities.api_keys import Bounds
from locum.identities.caller import Pending, Role
from locum.identities.model import api_key
from locum.identities.roles import GRANTABLE, Target
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.sessions.leave import leave

NO_BOUNDS = Bounds()
FOR_NOTHING = Bounds(operations=["Nothing.Here"])
OURS = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Principal:
    """`headers` prove who calls, anew for each request: many requests end the sign-in they are made with.

    `unknown`: every guarded operation must answer 401. `step`: what the sign-in still lacks. `codes` finish it.
    """

    identity_id: UUID | None
    roles: frozenset[str] = frozenset()
    headers: Callable[[], dict[str, str]] = dict
    unknown: bool = False
    step: Pending | None = None
    for_nothing: bool = False
    codes: list[str] = field(default_factory=list)


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def principals(estate: Estate) -> dict[str, Principal]:
    """Every kind by its name."""
    make = _Maker(estate)
    holder = make.user("holder", Role.USER, Role.USER_PLUS)
    lists_of = {
        Target.POLICIES: {"policyIds": [estate.ids["admins"]]},
        Target.CREDENTIALS: {},
        Target.RECORDINGS: {},
    }
    for target, lists in lists_of.items():
        role_id = await estate.role(f"of {target}", GRANTABLE[target].permissions, **lists)
        await estate.give(role_id, str(holder.identity_id))
    return {
        "anonymous": Principal(None, unknown=True),
        "nonsense": Principal(None, headers=lambda: bearer("nonsense"), unknown=True),
        "second factor": make.pending("half", "second_factor"),
        "enrolment": make.pending("new", "enrolment"),
        "password change": make.pending("old", "password_change"),
        "user": make.user("user", Role.USER),
        "by cookie": make.by_cookie("browser"),
        "user plus": holder,
        "reviewer": make.user("reviewer", Role.USER, Role.REVIEWER),
        "admin": make.user("chief", Role.USER, Role.ADMIN),
        "app": make.application("robot", NO_BOUNDS),
        "app by certificate": make.by_certificate("certified"),
        "key for nothing": make.application("bound", FOR_NOTHING),
        "expired key": make.expired("stale"),
        "locked": make.locked("locked"),
        "deleted": make.refused("deleted", lambda tx, who: leave(tx, estate.callers.api.vault, LOCUM, who)),
        "signed out": make.refused("gone", sign_out),
    }


def sign_out(tx: Tx, identity_id: UUID) -> None:
    """Of the one sign-in there is, as its person does."""
    (row,) = signins.of_identity(tx, identity_id)
    signins.end(tx, LOCUM, identity_id, row.id)


class _Maker:
    def __init__(self, estate: Estate) -> None:
        self.api = estate.callers.api
        self.world = estate.callers.world
        self.db = estate.database

    def user(self, name: str, *roles: Role) -> Principal:
        """A person, who signs in for each request."""
        held = frozenset(roles)
        made = self.world.person(name, roles=held - {Role.USER_PLUS})  # which comes with the custom role
        return Principal(made.id, held, lambda: bearer(signed_in(self.api, made.id).token))

    def by_cookie(self, name: str) -> Principal:
        made = self.user(name, Role.USER)
        assert made.identity_id is not None
        owner = made.identity_id

        def headers() -> dict[str, str]:
            cookie = signed_in(self.api, owner).cookie.reveal_text()
            return {"Cookie": f"{SIGNED_IN_COOKIE}={cookie}", **OURS}

        return Principal(owner, made.roles, headers)

    def pending(self, name: str, step: Pending) -> Principal:
        made = self.world.person(name, enrolled=step != "enrolment", must_change=step == "password_change")
        token = self.db.submit_read(self.api.signin.issuer.pending, made.id, pending=step).result()
        return Principal(made.id, headers=lambda: bearer(token), step=step, codes=made.recovery_codes)

    def refused(self, name: str, after: Callable[[Tx, UUID], Any]) -> Principal:
        """Somebody who was signed in until `after`."""
        made = self.world.person(name)
        token = signed_in(self.api, made.id).token
        self.db.submit_write(after, made.id).result()
        return Principal(made.id, headers=lambda: bearer(token), unknown=True)

    def locked(self, name: str) -> Principal:
        """Somebody whose sign-in was completed while an administrator locked them, so that it was not ended by that."""
        made = self.world.person(name)
        self.db.submit_write(locks.lock, LOCUM, made.id).result()
        token = signed_in(self.api, made.id).token
        return Principal(made.id, headers=lambda: bearer(token), unknown=True)

    def application(self, name: str, bounds: Bounds) -> Principal:
        made = self._key(name, bounds)
        key, nothing = made.key.reveal_text(), bounds is FOR_NOTHING
        return Principal(made.row.identity_id, frozenset({Role.APP}), lambda: bearer(key), for_nothing=nothing)

    def expired(self, name: str) -> Principal:
        made = self._key(name, NO_BOUNDS)
        over = sa.update(api_key).where(api_key.c.id == made.row.id)
        self.db.submit_write(lambda tx: tx.run(over.values(expires_at=tx.now))).result()
        key = made.key.reveal_text()
        return Principal(made.row.identity_id, headers=lambda: bearer(key), unknown=True)

    def by_certificate(self, name: str) -> Principal:
        """An application with the token its certificate and key gave it."""
        key = self._key(name, NO_BOUNDS).row
        opening = {"method": "certificate", "address": None, "client": None, "api_key_id": key.id}

        def headers() -> dict[str, str]:
            opened = self.db.submit_write(self.api.signin.issuer.open, key.identity_id, **opening).result()
            return bearer(opened.token)

        return Principal(key.identity_id, frozenset({Role.APP}), headers)

    def _key(self, name: str, bounds: Bounds) -> api_keys.Created:
        robot = self.world.application(name).id
        more = {"name": "key", "bounds": bounds}
        arguments = (self.api.vault, self.api.digest, LOCUM, robot)
        return self.db.submit_write(api_keys.create, *arguments, **more).result()
