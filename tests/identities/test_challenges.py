"""Challenges: made without a trace, good for one purpose and person, used once."""

from __future__ import annotations

import asyncio
import datetime as dt
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from locum.identities import challenges
from locum.identities.challenges import CLEARED_AT_ONCE, LENGTH, LIFETIME, ChallengePurpose
from locum.identities.digests import KeyedDigest, make_key
from locum.identities.model import used_challenge
from locum.kit.db import Database, ReadTx, Tx

pytestmark = pytest.mark.anyio

ADA, EVE = UUID(int=1), UUID(int=2)
COUNT = sa.select(sa.func.count()).select_from(used_challenge)


def made(
    database: Database, digest: KeyedDigest, purpose: ChallengePurpose = "enrol", who: UUID | None = ADA
) -> bytes:
    return database.submit_read(challenges.make, digest, purpose, who).result()


def good(
    database: Database,
    digest: KeyedDigest,
    challenge: bytes,
    purpose: ChallengePurpose = "enrol",
    who: UUID | None = ADA,
    later: dt.timedelta = dt.timedelta(0),
) -> bool:
    def run(tx: ReadTx) -> bool:
        tx._now = tx.now + later
        return challenges.good(tx, digest, purpose, who, challenge)

    return database.submit_read(run).result()


def rows(database: Database) -> int:
    return int(database.submit_read(lambda tx: tx.scalar(COUNT)).result())


def test_good_for_its_purpose_and_person_only(database: Database, digest: KeyedDigest) -> None:
    challenge = made(database, digest)
    assert len(challenge) == LENGTH
    assert good(database, digest, challenge)
    assert not good(database, digest, challenge, "second-factor")
    assert not good(database, digest, challenge, who=EVE)
    assert not good(database, digest, challenge, who=None)
    assert not good(database, KeyedDigest(make_key()), challenge)
    nobody_s = made(database, digest, "sign-in", None)
    assert good(database, digest, nobody_s, "sign-in", None)
    assert not good(database, digest, nobody_s, "sign-in", ADA)
    assert rows(database) == 0


def test_every_bit_counts(database: Database, digest: KeyedDigest) -> None:
    challenge = made(database, digest)
    for place in range(LENGTH):
        bent = bytearray(challenge)
        bent[place] ^= 1
        assert not good(database, digest, bytes(bent)), place
    for other in (b"", challenge[:-1], challenge + b"\0", bytes(LENGTH), b"\xff" * LENGTH):
        assert not good(database, digest, other)


def test_it_ends_after_five_minutes(database: Database, digest: KeyedDigest) -> None:
    challenge = made(database, digest)
    assert good(database, digest, challenge, later=LIFETIME - dt.timedelta(seconds=5))
    assert not good(database, digest, challenge, later=LIFETIME)


async def test_one_of_a_hundred_concurrent_uses_succeeds(database: Database, digest: KeyedDigest) -> None:
    challenge = made(database, digest)
    answers = await asyncio.gather(*(database.write(challenges.spend, challenge) for _ in range(100)))
    assert sum(answers) == 1
    assert rows(database) == 1
    assert await database.write(challenges.spend, made(database, digest))


def test_old_ones_are_cleared_away_a_few_at_a_time(database: Database, digest: KeyedDigest) -> None:
    def fill(tx: Tx) -> None:
        old, recent = tx.now - 3 * LIFETIME, tx.now - LIFETIME / 2
        made = [{"digest": uuid4().bytes * 2, "expires_at": old} for _ in range(CLEARED_AT_ONCE + 5)]
        tx.add_all(used_challenge, [*made, {"digest": b"r" * 32, "expires_at": recent}])

    database.submit_write(fill).result()
    for left in (5 + 1 + 1, 1 + 2):
        assert database.submit_write(challenges.spend, made(database, digest)).result()
        assert rows(database) == left
