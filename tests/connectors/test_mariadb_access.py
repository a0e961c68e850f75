"""Logins of one session on a real MariaDB: the evidence is read by the administrator, over the socket."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pymysql
import pytest

from connectors.conformance import Conformance, Subject, apply_all, revert_all
from connectors.test_mariadb import NAMES, target_of
from database_targets import POWERLESS, MariadbServer
from linux_user import until
from locum.connectors.base import Step, Target, TargetRefused
from locum.connectors.mariadb_access import MariadbConnector
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

PASSWORD = "only for a Session 1"
STATE = (
    "SELECT Host, User, JSON_REMOVE(Priv, '$.password_last_changed') FROM mysql.global_priv",
    "SELECT Host, User, Role FROM mysql.roles_mapping",
    "SELECT Host, Db, User, Select_priv, Create_priv FROM mysql.db",
    "SELECT Host, Db, User, Table_name FROM mysql.tables_priv",
    "SELECT USER FROM information_schema.PROCESSLIST WHERE USER NOT IN ('root', 'opener')",
)


class Server:
    """The database server and what tests do there as its administrator."""

    def __init__(self, server: MariadbServer) -> None:
        self.run = server.run
        self.port = server.target.port
        self.target: Target = replace(target_of(server), username="opener")
        self.powerless: Target = replace(target_of(server), username=POWERLESS)
        self.password = server.target.password

    def state(self) -> list[str]:
        return sorted(str(row) for query in STATE for row in self.run(query))

    def settled(self, before: list[str]) -> bool:
        deadline = time.monotonic() + 5
        while (now := self.state()) != before:
            if time.monotonic() > deadline:
                print(set(before) ^ set(now))
                return False
            time.sleep(0.05)
        return True

    def login(self, login: str) -> pymysql.Connection[pymysql.cursors.Cursor]:
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=login, password=PASSWORD, charset="utf8mb4", autocommit=True
        )

    def ask(self, login: str, query: str) -> object:
        with self.login(login) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def works(self, plan: list[Step]) -> bool:
        login = plan[0].parameters["login"]
        try:
            self.ask(login, "SELECT count(*) FROM of_role.t")
            return self.ask(login, "SELECT kept FROM my_db.t") == ((1,),)
        except pymysql.MySQLError:
            return False


@pytest.fixture
def server(mariadb_target: MariadbServer, trusted: None) -> Iterator[Server]:
    made = Server(mariadb_target)
    made.run("CREATE USER opener@'127.0.0.1' IDENTIFIED BY %s", made.password)
    made.run("GRANT CREATE USER, PROCESS, CONNECTION ADMIN ON *.* TO opener@'127.0.0.1'")
    made.run("GRANT SELECT, UPDATE ON mysql.* TO opener@'127.0.0.1'")
    for name in ("my_db", "myxdb", "of_role"):
        made.run(f"CREATE DATABASE {name}")
        made.run(f"CREATE TABLE {name}.t AS SELECT 1 AS kept")
    made.run(r"GRANT SELECT, INSERT, EVENT ON `my\_db`.* TO opener@'127.0.0.1' WITH GRANT OPTION")
    made.run("CREATE ROLE readers WITH ADMIN opener@'127.0.0.1'")
    made.run("GRANT SELECT ON `of_role`.* TO readers")
    yield made
    made.run("DROP ROLE readers")
    for name in ("my_db", "myxdb", "of_role"):
        made.run(f"DROP DATABASE {name}")
    made.run("DROP USER opener@'127.0.0.1'")


def plan_of(login: str = "") -> list[Step]:
    marker = str(uuid.uuid4())
    given = {"login": login or f"anna-{marker[:8]}"}
    return [
        Step("account", given, marker, Secret(PASSWORD)),
        Step("role", {**given, "role": "readers"}, marker),
        Step("grant", {**given, "on": "database", "name": "my_db", "privileges": "select, INSERT"}, marker),
    ]


@pytest.fixture
def plan() -> list[Step]:
    return plan_of()


@pytest.fixture
def subject(server: Server) -> Subject:
    return Subject(
        connect=lambda: MariadbConnector.connect(server.target),
        plan=plan_of,
        state=server.state,
        settled=server.settled,
        works=server.works,
        foreign=lambda plan: void(server.run("CREATE USER %s@'%%'", plan[0].parameters["login"])),
        unforeign=lambda plan: void(server.run("DROP USER %s@'%%'", plan[0].parameters["login"])),
        signed_in=lambda plan: server.login(plan[0].parameters["login"]),
    )


def void(_: object) -> None:
    return


class TestConformance(Conformance):
    pass


async def test_open_connections_end_with_the_login(server: Server, subject: Subject, plan: list[Step]) -> None:
    before = server.state()
    await apply_all(subject, plan)
    held = server.login(plan[0].parameters["login"])
    asleep = asyncio.create_task(asyncio.to_thread(held.query, "SELECT SLEEP(60)"))
    await until(
        lambda: bool(server.run("SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO = 'SELECT SLEEP(60)'"))
    )
    await revert_all(subject, plan)
    with pytest.raises(pymysql.OperationalError):
        await asleep
    assert server.settled(before)


async def test_nobody_can_hold_up_the_end_by_taking_its_lock(
    server: Server, subject: Subject, plan: list[Step]
) -> None:
    """Whoever has a session knows its id, and so the lock that its changes are made under."""
    before = server.state()
    await apply_all(subject, plan)
    taken = f"SELECT GET_LOCK('locum-{plan[0].marker}', 60)"
    held, next_one = (server.login(plan[0].parameters["login"]) for _ in range(2))
    held.query(taken)
    waiting = asyncio.create_task(asyncio.to_thread(next_one.query, taken))
    await until(lambda: bool(server.run("SELECT 1 FROM information_schema.PROCESSLIST WHERE STATE = 'User lock'")))
    await revert_all(subject, plan)
    await asyncio.gather(waiting, return_exceptions=True)  # it may have had the lock for a moment
    for one in (held, next_one):
        with pytest.raises(pymysql.OperationalError):
            one.query("SELECT 1")
    assert server.settled(before)


async def test_the_mark_is_no_password(server: Server, subject: Subject, plan: list[Step]) -> None:
    await apply_all(subject, plan)
    for guess in (f"locum-{plan[0].marker}", plan[0].marker, ""):
        with pytest.raises(pymysql.OperationalError):
            pymysql.connect(
                host="127.0.0.1", port=server.port, user=plan[0].parameters["login"], password=guess
            ).close()
    await revert_all(subject, plan)


async def test_a_changed_password_takes_no_mark_away(server: Server, subject: Subject, plan: list[Step]) -> None:
    before = server.state()
    await apply_all(subject, plan)
    server.ask(plan[0].parameters["login"], "SET PASSWORD = PASSWORD('one of my own')")
    await revert_all(subject, [replace(step, applied=True) for step in plan])
    assert server.settled(before)


async def test_a_grant_is_for_that_database_alone(server: Server, subject: Subject, plan: list[Step]) -> None:
    """`my_db` is a pattern that `myxdb` fits."""
    await apply_all(subject, plan)
    with pytest.raises(pymysql.OperationalError, match="denied"):
        server.ask(plan[0].parameters["login"], "SELECT kept FROM myxdb.t")
    await revert_all(subject, plan)


async def test_a_renamed_login_is_found(server: Server, subject: Subject, plan: list[Step]) -> None:
    before = server.state()
    await apply_all(subject, plan)
    server.run("RENAME USER %s@'%%' TO other_name@'%%'", plan[0].parameters["login"])
    await revert_all(subject, plan)
    assert server.settled(before)


async def test_a_login_that_lost_its_mark_is_said_loudly(
    server: Server, subject: Subject, plan: list[Step]
) -> None:
    await apply_all(subject, plan)
    server.run("ALTER USER %s@'%%' IDENTIFIED BY 'x'", plan[0].parameters["login"])
    with pytest.raises(TargetRefused, match="no longer says that it is this session's"):
        await revert_all(subject, [replace(plan[0], applied=True)])
    server.run("DROP USER %s@'%%'", plan[0].parameters["login"])
    await revert_all(subject, plan)


async def test_an_event_of_a_login_that_is_gone_does_not_run(
    server: Server, subject: Subject, plan: list[Step]
) -> None:
    event = replace(plan[2], parameters={**plan[2].parameters, "privileges": "INSERT, EVENT"})
    await apply_all(subject, [plan[0], event])
    server.ask(
        plan[0].parameters["login"],
        "CREATE EVENT my_db.late ON SCHEDULE EVERY 1 SECOND DO INSERT INTO my_db.t VALUES (2)",
    )
    await revert_all(subject, [plan[0], event])
    server.run("SET GLOBAL event_scheduler = ON")
    await asyncio.sleep(1.5)
    server.run("SET GLOBAL event_scheduler = OFF")
    assert server.run("SELECT kept FROM my_db.t") == ((1,),)


async def test_a_role_that_can_not_be_made_the_default(server: Server, subject: Subject, plan: list[Step]) -> None:
    server.run("REVOKE UPDATE ON mysql.* FROM opener@'127.0.0.1'")
    await apply_all(subject, plan)
    with server.login(plan[0].parameters["login"]) as connection, connection.cursor() as cursor:
        with pytest.raises(pymysql.OperationalError, match="denied"):
            cursor.execute("SELECT count(*) FROM of_role.t")
        cursor.execute("SET ROLE readers")
        cursor.execute("SELECT count(*) FROM of_role.t")
    await revert_all(subject, plan)


async def test_an_account_without_power_is_refused(server: Server, plan: list[Step]) -> None:
    async with MariadbConnector.connect(server.powerless) as connector:
        with pytest.raises(TargetRefused, match="denied"):
            await connector.apply(plan[0])


@pytest.mark.parametrize("name", NAMES)
async def test_hostile_names_are_names(server: Server, subject: Subject, name: str) -> None:
    """As logins, roles and databases alike (SEC-18, SEC-19)."""
    before = server.state()
    other = f"r{name}"[:60].rstrip()
    server.run("CREATE ROLE %s WITH ADMIN opener@'127.0.0.1'", other)
    quoted = "`" + other.replace("`", "``") + "`"
    pattern = quoted.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
    with_names = server.run
    with_names(f"CREATE DATABASE {quoted}")
    with_names(f"GRANT SELECT ON {pattern}.* TO opener@'127.0.0.1' WITH GRANT OPTION")
    around = server.state()
    plan = plan_of(name)
    steps = [
        plan[0],
        replace(plan[1], parameters={"login": name, "role": other}),
        replace(plan[2], parameters={"login": name, "on": "database", "name": other, "privileges": "SELECT"}),
    ]
    try:
        await apply_all(subject, steps)
        assert server.ask(name, "SELECT current_role()") == ((other,),)
        assert (other,) in server.ask(name, "SHOW DATABASES")  # type: ignore[operator]
        await revert_all(subject, steps[2:])
        assert (other,) not in server.ask(name, "SHOW DATABASES")  # type: ignore[operator]
        await revert_all(subject, steps)
        assert server.settled(around)
    finally:
        server.run("DROP ROLE %s", other)
        with_names(f"REVOKE SELECT, GRANT OPTION ON {pattern}.* FROM opener@'127.0.0.1'")
        with_names(f"DROP DATABASE {quoted}")
    assert server.settled(before)


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb", "a\0b", "a\x1bb", "\ud800"])
async def test_what_can_be_no_name_is_refused(server: Server, plan: list[Step], name: str) -> None:
    async with MariadbConnector.connect(server.target) as connector:
        for step in plan:
            bad = replace(step, parameters={**step.parameters, "login": name})
            for change in (connector.apply, connector.revert):
                with pytest.raises(TargetRefused, match="account's name"):
                    await change(bad)
