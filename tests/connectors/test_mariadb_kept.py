"""MariaDB logins that stay, on a real server: what was there before stays, what a session added goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pymysql
import pytest

from connectors.test_mariadb import NAMES
from connectors.test_mariadb_access import PASSWORD, Server
from connectors.test_postgresql_kept import managed, own, right, session
from database_targets import MariadbServer
from locum.connectors.base import Step, TargetRefused
from locum.connectors.mariadb import native_hash
from locum.connectors.mariadb_access import MariadbConnector

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(mariadb_target: MariadbServer, trusted: None) -> Iterator[Server]:
    made = Server(mariadb_target)
    made.run("CREATE USER opener@'127.0.0.1' IDENTIFIED BY %s", made.password)
    made.run("GRANT ALL ON *.* TO opener@'127.0.0.1' WITH GRANT OPTION")
    made.run("CREATE DATABASE my_db")
    made.run("CREATE TABLE my_db.t AS SELECT 1 AS kept")
    made.run("CREATE ROLE readers WITH ADMIN opener@'127.0.0.1'")
    yield made
    made.run("DROP ROLE readers")
    made.run("DROP DATABASE my_db")
    made.run("DROP USER opener@'127.0.0.1'")


@pytest.fixture
def dora(server: Server) -> Iterator[str]:
    """For one host alone, with the password that sessions have in these tests."""
    server.run("CREATE USER dora@'127.0.0.1' IDENTIFIED BY %s", PASSWORD)
    yield "dora"
    server.run("DROP USER IF EXISTS dora@'127.0.0.1'")


async def give(server: Server, steps: list[Step]) -> list[Step]:
    done = []
    for step in steps:
        async with MariadbConnector.connect(server.target) as connector:
            step = replace(step, found=await connector.look(step))
            for _ in range(2):
                await connector.apply(step)
        done.append(replace(step, applied=True))
    return done


async def take(server: Server, steps: list[Step]) -> None:
    for step in reversed(steps):
        for _ in range(2):
            async with MariadbConnector.connect(server.target) as connector:
                await connector.revert(step)


async def test_rights_come_and_go_and_what_was_there_stays(server: Server, dora: str) -> None:
    server.run(r"GRANT SELECT ON `my\_db`.* TO dora@'127.0.0.1'")
    server.run("GRANT PROCESS ON *.* TO dora@'127.0.0.1'")
    before = server.state()
    grant = {"on": "database", "name": "my_db"}
    given = await give(
        server,
        session(
            own(dora),
            right("role", dora, role="readers"),
            right("grant", dora, **grant, privileges="SELECT, CREATE TEMPORARY TABLES, insert"),
            right("grant", dora, on="server", privileges="PROCESS, REPLICA MONITOR"),
        ),
    )
    held = server.login(dora)
    with held.cursor() as cursor:
        cursor.execute("SET ROLE readers")
        cursor.execute("INSERT INTO my_db.t VALUES (2)")
    await take(server, given)
    with pytest.raises(pymysql.OperationalError):
        held.query("SELECT 1")
    assert server.ask(dora, "SELECT count(*) FROM my_db.t") == ((2,),)
    with pytest.raises(pymysql.OperationalError, match="denied"):
        server.ask(dora, "INSERT INTO my_db.t VALUES (3)")
    assert server.settled(before)


async def test_the_end_of_a_managed_login_shuts_it(server: Server, dora: str) -> None:
    given = await give(server, session(managed(dora, delete=True)))
    held = server.login(dora)
    held.query(f"SELECT GET_LOCK('locum-{given[0].marker}', 1)")
    await take(server, given)
    with pytest.raises(pymysql.OperationalError):
        held.query("SELECT 1")
    with pytest.raises(pymysql.OperationalError, match=r"denied|locked"):
        server.login(dora)
    kept = "SELECT json_value(Priv, '$.authentication_string') FROM mysql.global_priv WHERE User = 'dora'"
    assert server.run(kept) != ((native_hash(PASSWORD),),)


async def test_a_changed_password_keeps_nobody_in(server: Server) -> None:
    before = server.state()
    given = await give(server, session(managed("dora", delete=True)))
    server.ask("dora", "SET PASSWORD = PASSWORD('one of my own')")
    await take(server, given)
    assert server.settled(before)


@pytest.mark.parametrize("power", ["SUPER", "CREATE USER", "FILE", "a role", "the service account"])
async def test_a_powerful_account_is_not_lent_nor_shut(server: Server, power: str) -> None:
    name = "opener" if power == "the service account" else "mighty"
    server.run("CREATE USER mighty@'127.0.0.1' IDENTIFIED BY %s", PASSWORD)
    if power == "a role":
        server.run("CREATE ROLE strong")
        server.run("GRANT CREATE USER ON *.* TO strong")
        server.run("GRANT strong TO mighty@'127.0.0.1'")
    elif name == "mighty":
        server.run(f"GRANT {power} ON *.* TO mighty@'127.0.0.1'")
    before = server.state()
    try:
        (step,) = session(managed(name, delete=True))
        async with MariadbConnector.connect(server.target) as connector:
            step = replace(step, found=await connector.look(step))
            with pytest.raises(TargetRefused, match=r"power|own way in"):
                await connector.apply(step)
            await connector.revert(step)
        assert server.settled(before)
    finally:
        server.run("DROP USER mighty@'127.0.0.1'")
        server.run("DROP ROLE IF EXISTS strong")


async def test_one_that_became_powerful_is_shut_all_the_same(server: Server, dora: str) -> None:
    given = await give(server, session(managed(dora)))
    server.run("GRANT SUPER ON *.* TO dora@'127.0.0.1'")
    await take(server, given)
    with pytest.raises(pymysql.OperationalError, match=r"denied|locked"):
        server.login(dora)


async def test_several_accounts_of_a_name_and_other_ways_are_refused(server: Server, dora: str) -> None:
    server.run("CREATE USER dora@'127.0.0.2'")
    with pytest.raises(TargetRefused, match="several accounts there, for 127"):
        await give(server, session(own(dora)))
    server.run("DROP USER dora@'127.0.0.2'")
    server.run("ALTER USER dora@'127.0.0.1' IDENTIFIED VIA unix_socket")
    with pytest.raises(TargetRefused, match="something else than a native password"):
        await give(server, session(managed(dora)))
    server.run("ALTER USER dora@'127.0.0.1' IDENTIFIED VIA unix_socket OR mysql_native_password")
    for step in (own(dora), managed(dora)):
        with pytest.raises(TargetRefused, match="several ways"):
            await give(server, session(step))


async def test_what_somebody_else_made_meanwhile_is_left_alone(server: Server) -> None:
    (step,) = session(managed("dora", delete=True))
    async with MariadbConnector.connect(server.target) as connector:
        step = replace(step, found=await connector.look(step))
        server.run("CREATE USER dora@'%%' IDENTIFIED BY %s", PASSWORD)
        try:
            with pytest.raises(TargetRefused, match="made by somebody else"):
                await connector.apply(step)
            await connector.revert(step)
            server.login("dora").close()
        finally:
            server.run("DROP USER dora")


async def test_a_step_that_was_never_looked_at_undoes_nothing(server: Server, dora: str) -> None:
    before = server.state()
    await take(server, session(managed(dora, delete=True), right("role", dora, role="readers")))
    assert server.settled(before)


@pytest.mark.parametrize("name", NAMES)
async def test_hostile_names_are_names(server: Server, name: str) -> None:
    """As logins, roles and databases alike (SEC-18, SEC-19)."""
    other = f"r{name}"[:60].rstrip()
    before = server.state()
    server.run("CREATE ROLE %s WITH ADMIN opener@'127.0.0.1'", other)
    quoted = "`" + other.replace("`", "``") + "`"
    server.run(f"CREATE DATABASE {quoted}")
    around = server.state()
    grant = {"on": "database", "name": other, "privileges": "SELECT"}
    try:
        steps = session(managed(name, delete=True), right("role", name, role=other), right("grant", name, **grant))
        given = await give(server, steps)
        assert (other,) in server.ask(name, "SHOW DATABASES")  # type: ignore[operator]
        await take(server, given[1:])
        assert (other,) not in server.ask(name, "SHOW DATABASES")  # type: ignore[operator]
        await take(server, given)
        assert server.settled(around)
    finally:
        server.run("DROP ROLE %s", other)
        server.run(f"DROP DATABASE {quoted}")
    assert server.settled(before)
