"""The tables hold what Python could get wrong."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from identities_world import World
from locum.identities.model import Login, identity, identity_role, local_login
from locum.kit.db import Database

NOW = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    "statement",
    [
        sa.update(identity).values(kind=5),
        sa.update(identity).values(name_key="same"),
        sa.update(identity_role).values(role="Root"),
        sa.update(local_login).values(second_factor="maybe"),
        sa.update(local_login).values(failed_attempts=-1),
    ],
)
def test_impossible_rows_are_refused(database: Database, world: World, statement: sa.Update) -> None:
    world.person("ada", enrolled=False)
    world.person("eve", enrolled=False)
    with pytest.raises(IntegrityError):
        database.submit_write(lambda tx: tx.run(statement)).result()


def login(
    *,
    locked: bool = False,
    expires_at: dt.datetime | None = None,
    until: dt.datetime | None = None,
    totp_secret_id: UUID | None = None,
    passkeys: int = 0,
) -> Login:
    return Login(
        identity_id=UUID(int=1),
        name="ada",
        display_name=None,
        locked=locked,
        expires_at=expires_at,
        password_hash="",
        changed_at=NOW,
        must_change=False,
        failed_attempts=0,
        locked_until=until,
        second_factor=None,
        totp_secret_id=totp_secret_id,
        totp_pending_secret_id=None,
        totp_last_step=0,
        passkeys=passkeys,
    )


def test_who_may_sign_in_now() -> None:
    assert login().refusal(NOW) is None
    assert login(expires_at=LATER, until=NOW).refusal(NOW) is None
    assert login(locked=True).refusal(NOW) == "locked by an administrator"
    assert login(expires_at=NOW).refusal(NOW) == "the identity has expired"
    assert login(until=LATER).refusal(NOW) == "locked after wrong tries"


def test_when_a_password_ends() -> None:
    day = dt.timedelta(days=1)
    assert not login().password_ended(NOW + 1000 * day, 0)
    assert not login().password_ended(NOW + 30 * day - dt.timedelta(microseconds=1), 30)
    assert login().password_ended(NOW + 30 * day, 30)


def test_wrong_tries_bar_nobody_for_good() -> None:
    assert login(until=LATER).barred(NOW) is None
    assert login(locked=True, until=LATER).barred(NOW) == "locked by an administrator"
    assert login(expires_at=NOW).barred(NOW) == "the identity has expired"


def test_what_counts_as_a_second_factor() -> None:
    assert not login().has_factor
    assert login(passkeys=1).has_factor
    assert login(totp_secret_id=UUID(int=2)).has_factor
