"""Complete sign-ins: begun, used, ended, listed."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from audited import details
from identities_world import World
from locum.identities import policy, signins
from locum.identities.digests import KeyedDigest
from locum.identities.model import identity, sign_in
from locum.identities.signins import Begun, SignInRow
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import Database
from locum.kit.errors import NotFound, Unauthenticated


def begin(database: Database, digest: KeyedDigest, identity_id: UUID, **more: str | None) -> Begun:
    how = {"method": "password", "address": "192.0.2.1", "client": "curl/8", **more}
    return database.submit_write(signins.begin, digest, identity_id=identity_id, **how).result()


def rows(database: Database, identity_id: UUID) -> list[SignInRow]:
    return database.submit_read(signins.of_identity, identity_id).result()


def change(database: Database, sign_in_id: UUID, **values: object) -> None:
    changed = sa.update(sign_in).where(sign_in.c.id == sign_in_id).values(**values)
    database.submit_write(lambda tx: tx.run(changed)).result()


def test_what_is_written_down(database: Database, world: World, digest: KeyedDigest) -> None:
    ada = world.person()
    database.submit_write(policy.change, LOCUM, longest_hours=7).result()
    begun = begin(database, digest, ada.id, client="x" * 300)
    (row,) = rows(database, ada.id)
    assert (row.id, row.method, row.address, row.client) == (begun.id, "password", "192.0.2.1", "x" * 256)
    assert row.ends_at == begun.ends_at == row.started_at + dt.timedelta(hours=7)
    assert (row.last_used_at, row.ended_at) == (row.started_at, None)
    kept = database.submit_read(lambda tx: tx.scalar(sa.select(sign_in.c.cookie_digest))).result()
    assert kept == digest.of("signed-in-cookie", begun.cookie.reveal())
    assert len(begun.cookie.reveal()) == 43
    assert begin(database, digest, ada.id, client=None, address=None).cookie != begun.cookie
    assert rows(database, ada.id)[0].client is None
    begin(database, digest, ada.id, client="a\x1b[31m\x00b\u202e")
    assert rows(database, ada.id)[0].client == "a[31mb"


def test_ending_one(database: Database, world: World, digest: KeyedDigest) -> None:
    ada, eve = world.person(), world.person("eve")
    actor = Actor(ada.id, "ada")
    one, two = (begin(database, digest, ada.id) for _ in range(2))
    for stranger, which in ((eve.id, one.id), (ada.id, uuid4())):
        with pytest.raises(NotFound):
            database.submit_write(signins.end, actor, stranger, which).result()
    assert database.submit_read(signins.end_of, one.id).result() == one.ends_at
    for _ in range(2):
        database.submit_write(signins.end, actor, ada.id, one.id).result()
    assert len(details(database, "signin.ended", ada.id)) == 1
    with pytest.raises(Unauthenticated):
        database.submit_read(signins.end_of, one.id).result()
    assert {row.id for row in rows(database, ada.id) if row.ended_at} == {one.id}
    assert database.submit_read(signins.end_of, two.id).result() == two.ends_at


def test_one_that_is_over_has_no_end_any_more(database: Database, world: World, digest: KeyedDigest) -> None:
    begun = begin(database, digest, world.person().id)
    change(database, begun.id, ends_at=dt.datetime.now(dt.UTC) - dt.timedelta(milliseconds=1))
    for gone in (begun.id, uuid4()):
        with pytest.raises(Unauthenticated, match="has ended"):
            database.submit_read(signins.end_of, gone).result()


def test_everywhere(database: Database, world: World, digest: KeyedDigest) -> None:
    ada, eve = world.person(), world.person("eve")
    mine = [begin(database, digest, ada.id) for _ in range(4)]
    begin(database, digest, eve.id)
    database.submit_write(signins.end, LOCUM, ada.id, mine[0].id).result()
    change(database, mine[1].id, ends_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    valid_from = sa.select(identity.c.tokens_valid_from).where(identity.c.id == ada.id)
    before = database.submit_read(lambda tx: tx.scalar(valid_from)).result()
    assert database.submit_write(signins.sign_out_everywhere, LOCUM, ada.id).result() == 2
    assert database.submit_read(lambda tx: tx.scalar(valid_from)).result() > before
    assert details(database, "signin.ended_everywhere", ada.id) == [{"count": 2}]
    assert [row.ended_at is not None for row in rows(database, ada.id)] == [True, True, False, True]
    assert [row.ended_at for row in rows(database, eve.id)] == [None]
    assert database.submit_write(signins.end_all, ada.id).result() == 0


def test_old_ones_are_forgotten_when_a_new_one_begins(
    database: Database, world: World, digest: KeyedDigest
) -> None:
    ada, eve = world.person(), world.person("eve")
    old, kept, other = (begin(database, digest, who) for who in (ada.id, ada.id, eve.id))
    now = dt.datetime.now(dt.UTC)
    for begun, days in ((old, 31), (kept, 29), (other, 31)):
        change(database, begun.id, ends_at=now - dt.timedelta(days=days))
    new = begin(database, digest, ada.id)
    assert {row.id for row in rows(database, ada.id)} == {kept.id, new.id}
    assert [row.id for row in rows(database, eve.id)] == [other.id]


def test_the_list_is_bounded_and_newest_first(database: Database, world: World, digest: KeyedDigest) -> None:
    ada = world.person()
    begun = [begin(database, digest, ada.id).id for _ in range(5)]
    found = database.submit_read(signins.of_identity, ada.id, limit=3).result()
    assert [row.id for row in found] == begun[:1:-1]


def test_use_starts_the_idle_time_anew(database: Database, world: World, digest: KeyedDigest) -> None:
    ada = world.person()
    one, two = (begin(database, digest, ada.id) for _ in range(2))
    long_ago = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    change(database, one.id, last_used_at=long_ago)
    change(database, two.id, last_used_at=long_ago)
    database.submit_write(signins.used, one.id).result()
    assert {row.id for row in rows(database, ada.id) if row.last_used_at == long_ago} == {two.id}
