"""Questions in names: any spelling, an id as well, and a word for what there is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

import policies_world
from locum.activities.model import activity
from locum.credentials.add import add_credential
from locum.credentials.model import credential
from locum.identities.model import identity
from locum.kit.db import Database, Tx
from locum.kit.errors import Invalid, NotFound
from locum.policies.ask import answer
from locum.policies.expectations import Question
from locum.policies.model import PolicyType, policy
from locum.vault.secret import Secret
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

ASKED = {"user": "Alice", "activity": "Linux sudo", "resource": "web01"}


async def test_names_of_any_spelling_and_ids(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    for asked in (
        ASKED,
        {"user": " ALICE ", "activity": "linux SUDO", "resource": "Web01", "policy": "ADMINS"},
        {"user": str(world.person), "activity": str(world.sudo), "resource": str(world.resource)},
    ):
        found = await database.read(answer, Question(**asked))
        assert (found.outcome, found.policy) == ("allowed", "admins"), asked


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": "Nobody"}, "no user “Nobody”"),
        ({"activity": "Dancing"}, "no activity “Dancing”"),
        ({"resource": "web02"}, "no resource “web02”"),
        ({"policy": "others"}, "no access policy “others”"),
        ({"user": "00000000-0000-0000-0000-000000000009"}, "no user"),
    ],
)
async def test_what_there_is_not(database: Database, tmp_path: Path, changes: dict[str, str], words: str) -> None:
    await make_world(database, tmp_path)
    with pytest.raises(NotFound, match=words):
        await database.read(answer, Question(**{**ASKED, **changes}))


async def test_a_name_that_is_none(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    for changes in ({"user": " "}, {"resource": "  "}):
        with pytest.raises(Invalid):
            await database.read(answer, Question(**{**ASKED, **changes}))


async def test_the_deleted_are_gone(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_deleted=True)))
    with pytest.raises(NotFound, match="access policy"):
        await database.read(answer, Question(**ASKED, policy="admins"))
    person = identity.c.id == world.person
    await database.write(lambda tx: tx.run(sa.update(identity).where(person).values(deleted_at=tx.now)))
    with pytest.raises(NotFound, match="user"):
        await database.read(answer, Question(**ASKED))
    deleted = sa.update(activity).where(activity.c.id == world.shell).values(is_deleted=True)
    await database.write(lambda tx: tx.run(deleted))
    with pytest.raises(NotFound, match="activity"):
        await database.read(answer, Question(user="Mallory", activity="Linux shell", resource="web01"))


async def test_a_credential_by_id_name_or_login(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def add(tx: Tx) -> list[UUID]:
        named = {"deploy": ("", None), "root": ("Corp", "web"), "other": ("", "web"), "third": ("", "unique")}
        return [
            add_credential(
                tx, world.vault, ACTOR, username=login, domain=domain, name=name, password=Secret("x")
            ).id
            for login, (domain, name) in named.items()
        ]  # fmt: skip

    ids = await database.write(add)
    given = {"credentials": ids[:2], "policy_type": PolicyType.CREDENTIAL}
    await policies_world.policy(database, "secrets", identities=[world.person], **given)

    async def outcome(name: str, **how: Any) -> tuple[str, str | None]:
        found = await database.read(lambda tx: answer(tx, Question(user="Alice", credential=name), **how))
        return found.outcome, found.policy

    allowed, denied = ("allowed", "secrets"), ("denied", None)
    for name in (str(ids[0]), "deploy", "Corp\\root", "CORP\\root", str(ids[1])):
        assert await outcome(name) == allowed, name
    for name in ("other", "unique", "third", str(ids[3])):
        assert await outcome(name) == denied, name
    with pytest.raises(Invalid, match="several credentials are called “web”"):
        await outcome("web")
    assert await outcome("web", credentials=frozenset(ids[1:2])) == allowed
    for name in ("root", "Deploy", "", str(world.person)):
        with pytest.raises(NotFound, match="no credential"):
            await outcome(name)
    for among in ([], ids[1:]):
        with pytest.raises(NotFound, match="no credential “deploy”"):
            await outcome("deploy", credentials=frozenset(among))
    await database.write(lambda tx: tx.run(sa.update(credential).values(deleted_at=tx.now)))
    with pytest.raises(NotFound, match="no credential"):
        await outcome("deploy")


async def test_one_thing_is_asked_for(database: Database, tmp_path: Path) -> None:
    await make_world(database, tmp_path)
    for asked in ({}, {"activity": "Linux sudo"}, {"resource": "web01"}, {**ASKED, "credential": "x"}):
        with pytest.raises(Invalid):
            await database.read(answer, Question(**{"user": "Alice", **asked}))
