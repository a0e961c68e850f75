"""Logins of databases that stay: two sessions on one at the same time, on a real PostgreSQL and a real MariaDB."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa

from connectors.test_mariadb_access import Server as MariadbTarget
from connectors.test_postgresql_access import Server as PostgresTarget
from database_stage import SERVICE, DatabaseStage, database_stage
from database_targets import Authority, DatabaseTarget, MariadbServer
from locum.activities.model import LoginType, activity, connection_profile
from locum.credentials.complexities import add_complexity
from locum.credentials.complexity import obeys
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.policies.add import Members, add_policy
from locum.sessions.lifecycle import Status
from locum.sessions.password import reveal_password
from locum.sessions.request import Request, request_session
from world import ACTOR

pytestmark = pytest.mark.anyio

LOGIN = "dora"
OWN = "her own Passw0rd"


@dataclass
class Place:
    """One database server. `member`: whether the login has the role; `works`: whether a password lets it in."""

    kind: str
    target: DatabaseTarget
    role: str
    state: Callable[[], list[str]]
    settled: Callable[[list[str]], bool]
    member: Callable[[], bool]
    works: Callable[[str], bool]
    make: Callable[[], object]
    join: Callable[[], object]
    drop: Callable[[], object]


@pytest.fixture(params=["postgresql", "mariadb"])
def place(
    request: pytest.FixtureRequest, database_authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    monkeypatch.setenv("SSL_CERT_FILE", str(database_authority.file))
    yield from (_postgresql if request.param == "postgresql" else _mariadb)(request)


def _postgresql(request: pytest.FixtureRequest) -> Iterator[Place]:
    server, target = request.getfixturevalue("postgres_target")
    made = PostgresTarget(server, target)
    made.run(f"CREATE ROLE {SERVICE} SUPERUSER LOGIN PASSWORD '{target.password}'")

    def works(password: str) -> bool:
        try:
            made.login(LOGIN, password).close()
        except psycopg.Error:
            return False
        return True

    yield Place(
        "postgresql", target, "pg_monitor", made.state, made.settled,
        member=lambda: bool(made.run("SELECT 1 FROM pg_auth_members WHERE member = to_regrole('dora')")),
        works=works,
        make=lambda: made.run(f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{OWN}'"),
        join=lambda: made.run(f"GRANT pg_monitor TO {LOGIN}"),
        drop=lambda: made.run(f"DROP ROLE IF EXISTS {LOGIN}"),
    )  # fmt: skip
    made.run(f"DROP ROLE IF EXISTS {LOGIN}")
    made.run(f"DROP ROLE {SERVICE}")


def _mariadb(request: pytest.FixtureRequest) -> Iterator[Place]:
    server: MariadbServer = request.getfixturevalue("mariadb_target")
    made = MariadbTarget(server)
    made.run(f"CREATE USER {SERVICE}@'127.0.0.1' IDENTIFIED BY %s", server.target.password)
    made.run(f"GRANT ALL ON *.* TO {SERVICE}@'127.0.0.1' WITH GRANT OPTION")
    made.run("CREATE ROLE clerks")
    made.run(f"GRANT clerks TO {SERVICE}@'127.0.0.1' WITH ADMIN OPTION")

    def works(password: str) -> bool:
        import pymysql

        try:
            pymysql.connect(host="127.0.0.1", port=made.port, user=LOGIN, password=password).close()
        except pymysql.MySQLError:
            return False
        return True

    yield Place(
        "mariadb", server.target, "clerks", made.state, made.settled,
        member=lambda: bool(made.run("SELECT 1 FROM mysql.roles_mapping WHERE User = %s", LOGIN)),
        works=works,
        make=lambda: made.run(f"CREATE USER {LOGIN}@'127.%%' IDENTIFIED BY %s", OWN),
        join=lambda: made.run(f"GRANT clerks TO {LOGIN}@'127.%'"),
        drop=lambda: [made.run(f"DROP USER IF EXISTS {LOGIN}@%s", host) for host in ("%", "127.%")],
    )  # fmt: skip
    for host in ("%", "127.%"):
        made.run(f"DROP USER IF EXISTS {LOGIN}@%s", host)
    made.run("DROP ROLE clerks")
    made.run(f"DROP USER {SERVICE}@'127.0.0.1'")


@pytest.fixture
async def stage(database: Database, tmp_path: Path, place: Place) -> DatabaseStage:
    made = await database_stage(database, tmp_path, place.target, place.kind, [("role", {"role": place.role})])
    await say(made)
    ids = made.asks

    def let_in(tx) -> None:  # type: ignore[no-untyped-def]
        add_policy(
            tx,
            ACTOR,
            name="others",
            members=Members([made.world.stranger], [ids["resource_id"]], [ids["activity_id"]]),
        )

    await database.write(let_in)
    return made


async def say(stage: DatabaseStage, **how: object) -> None:
    """What the activity says of the account, for sessions from now on."""
    values = {"login_type": LoginType.MANAGED, "login_template": LOGIN, "create_account": True, **how}
    one = sa.update(activity).where(activity.c.id == stage.asks["activity_id"])
    await stage.database.write(lambda tx: tx.run(one.values(**{"delete_account": False, **values})))


async def profile(stage: DatabaseStage, **settings: object) -> None:
    await stage.database.write(lambda tx: tx.run(sa.update(connection_profile).values(**settings)))


async def ask_as(stage: DatabaseStage, person: UUID) -> UUID:
    request = Request(identity_id=person, **stage.asks)
    return await stage.database.write(request_session, ACTOR, request, node="n")


async def password(stage: DatabaseStage, session_id: UUID) -> str:
    owner = Actor((await stage.session(session_id)).identity_id, "somebody")
    return (await stage.database.write(reveal_password, stage.world.vault, owner, session_id)).reveal_text()


async def active(stage: DatabaseStage, *sessions: UUID) -> None:
    await stage.turn()
    for session_id in sessions:
        assert (await stage.session(session_id)).status == Status.ACTIVE, await stage.log(session_id)


async def ended(stage: DatabaseStage, *sessions: UUID) -> None:
    for session_id in sessions:
        await stage.end(session_id)
    await stage.turn()
    for session_id in sessions:
        assert (await stage.session(session_id)).status == Status.COMPLETE, await stage.log(session_id)


async def test_a_managed_login_is_made_stays_and_is_shut(stage: DatabaseStage, place: Place) -> None:
    first = await stage.ask()
    await active(stage, first)
    known = await password(stage, first)
    assert place.works(known)
    assert place.member()
    await ended(stage, first)
    shut = place.state()
    assert any(LOGIN in row for row in shut)
    assert not place.works(known)
    assert not place.member()
    again = await stage.ask()
    await active(stage, again)
    assert not place.works(known)
    assert place.works(await password(stage, again))
    await ended(stage, again)
    assert not place.member()


async def test_one_that_is_deleted_after_use(stage: DatabaseStage, place: Place) -> None:
    before = place.state()
    await say(stage, delete_account=True)
    first = await stage.ask()
    await active(stage, first)
    await ended(stage, first)
    assert place.settled(before)


async def test_one_that_was_there_is_not_deleted_and_keeps_its_role(stage: DatabaseStage, place: Place) -> None:
    place.make()
    place.join()
    await say(stage, delete_account=True)
    first = await stage.ask()
    await active(stage, first)
    assert place.works(await password(stage, first))
    assert not place.works(OWN)
    await ended(stage, first)
    assert not place.works(OWN)
    assert place.member()


async def test_one_that_a_profile_leaves_in_no_role(stage: DatabaseStage, place: Place) -> None:
    place.make()
    place.join()
    await profile(stage, leave_in_group=False)
    first, second = await stage.ask(), await stage.ask()
    await active(stage, first, second)
    await ended(stage, first)
    assert place.member()
    await ended(stage, second)
    assert not place.member()
    assert "the connection profile leaves nobody there" in await stage.log(second)


async def test_the_login_of_one_session_has_the_profile_s_password(stage: DatabaseStage, place: Place) -> None:
    rule = await stage.database.write(add_complexity, ACTOR, name="Digits", rule={"numeric": True, "length": 17})
    await profile(stage, token_complexity_id=rule.id)
    await say(stage, login_type=LoginType.ACTIVITY_IDENTITY)
    first = await stage.ask()
    await active(stage, first)
    known = await password(stage, first)
    assert obeys(known, rule)
    assert place.works(known)
    await ended(stage, first)
    assert not place.works(known)


async def test_two_sessions_do_not_break_each_other(stage: DatabaseStage, place: Place) -> None:
    first, second = await stage.ask(), await stage.ask()
    await active(stage, first, second)
    known = await password(stage, first)
    assert await password(stage, second) == known
    await ended(stage, first)
    assert place.works(known)  # the same person is still on it
    assert place.member()
    await ended(stage, second)
    assert not place.works(known)
    assert not place.member()


async def test_who_has_left_knows_the_password_no_longer(stage: DatabaseStage, place: Place) -> None:
    first = await stage.ask()
    await active(stage, first)
    known = await password(stage, first)
    second = await ask_as(stage, stage.world.stranger)
    await active(stage, second)
    assert place.works(known)
    await ended(stage, first)
    assert not place.works(known)
    assert place.works(await password(stage, second))
    assert place.member()
    assert "copy it anew" in await stage.log(second)
    await ended(stage, second)
    assert not place.member()


async def test_two_that_end_at_once_leave_nothing(stage: DatabaseStage, place: Place) -> None:
    before = place.state()
    await say(stage, delete_account=True)
    sessions = [await stage.ask(), await ask_as(stage, stage.world.stranger), await stage.ask()]
    await active(stage, *sessions)
    for session_id in sessions:
        await stage.end(session_id)
    for _ in range(20):
        await stage.turn()
        if all([(await stage.session(one)).status == Status.COMPLETE for one in sessions]):
            break
        await asyncio.sleep(0.5)
    assert place.settled(before)


async def test_one_that_comes_while_another_leaves_waits(
    stage: DatabaseStage, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await stage.ask()
    await active(stage, first)
    await stage.end(first)
    second = await stage.ask()
    await stage.turn()  # both at once: who comes goes first or waits
    for _ in range(20):
        if (await stage.session(second)).status == Status.ACTIVE:
            break
        await asyncio.sleep(0.5)
        await stage.turn()
    assert (await stage.session(first)).status == Status.COMPLETE
    assert place.works(await password(stage, second)), await stage.log(second)
    assert place.member()
    await ended(stage, second)
    assert not place.member()


async def test_a_persons_own_login_keeps_its_password(stage: DatabaseStage, place: Place) -> None:
    place.make()
    before = place.state()
    await say(stage, login_type=LoginType.REQUESTER, requester_format=4)
    first = await stage.ask()
    await active(stage, first)
    assert (await stage.session(first)).password_secret_id is None
    assert place.member()
    assert place.works(OWN)
    second = await ask_as(stage, stage.world.stranger)
    await active(stage, second)
    await ended(stage, first)
    assert place.member()
    await ended(stage, second)
    assert place.works(OWN)
    assert place.settled(before)


@pytest.mark.parametrize("kind", [LoginType.REQUESTER, LoginType.MANAGED])
async def test_locums_own_login_is_nobodys(stage: DatabaseStage, place: Place, kind: LoginType) -> None:
    before = place.state()
    await say(stage, login_type=kind, login_template=SERVICE, requester_format=4)
    first = await stage.ask()
    await stage.turn()
    assert (await stage.session(first)).status == Status.FAILED
    assert "Locum's own way in" in await stage.log(first)
    assert place.settled(before)


async def test_one_that_is_not_there_fails_and_leaves_nothing(stage: DatabaseStage, place: Place) -> None:
    before = place.state()
    for kind in (LoginType.REQUESTER, LoginType.MANAGED):
        await say(stage, login_type=kind, create_account=False, requester_format=4)
        first = await stage.ask()
        await stage.turn()
        assert (await stage.session(first)).status == Status.FAILED
        assert f"no {'role' if place.kind == 'postgresql' else 'account'} {LOGIN}" in await stage.log(first)
    assert place.settled(before)
