"""Accounts of MariaDB on a real server."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pymysql
import pytest

from connectors.keeper_conformance import LOGIN, NEW, OLD, DatabaseConformance, Grounds
from database_targets import POWERLESS, SERVICE, MariadbServer
from locum.connectors import mariadb_wire
from locum.connectors.base import Privilege, Target, TargetRefused
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

NAMES = (
    'quo"te',
    "apo'strophe",
    "back\\slash\\",
    "tick`tick",
    "$(id) `id` $$",
    "x; DROP USER keeper; --",
    "-rf",
    "100% %s %(name)s {} {0}",
    "Ünï",
    "at@sign",
    "%",
    "x" * 80,
)
NO_NAMES = ("", "x" * 401, "a\nb", "a\0b", "a\x1bb", "\ud800")


def target_of(server: MariadbServer, username: str = SERVICE) -> Target:
    return Target(
        "127.0.0.1", server.target.port, username, Secret(server.target.password), None, None, False, None
    )


@pytest.fixture
def grounds(mariadb_target: MariadbServer, trusted: None) -> Grounds:
    server = mariadb_target

    def lets_in(login: str, password: str) -> bool:
        try:
            pymysql.connect(
                host="127.0.0.1",
                port=server.target.port,
                user=login,
                password=password.encode(),
                charset="utf8mb4",
            ).close()
        except pymysql.OperationalError as error:
            if error.args[0] == 1045:
                return False
            raise
        return True

    return Grounds(
        kind="mariadb",
        target=target_of(server),
        powerless=target_of(server, POWERLESS),
        make=lambda login, password: void(server.run("CREATE USER %s@'%%' IDENTIFIED BY %s", login, password)),
        remove=lambda login: void(server.run("DROP USER %s@'%%'", login)),
        lets_in=lets_in,
        freeze=server.target.freeze,
        thaw=server.target.thaw,
        names=NAMES,
        no_names=NO_NAMES,
        timeouts=((mariadb_wire, "COMMAND_TIMEOUT_S"), (mariadb_wire, "CONNECT_TIMEOUT_S")),
    )


def void(_: object) -> None:
    return


class TestConformance(DatabaseConformance):
    pass


@pytest.fixture
def kept(grounds: Grounds) -> Iterator[str]:
    grounds.make(LOGIN, OLD)
    yield LOGIN
    grounds.remove(LOGIN)


async def test_a_native_password_is_in_no_log(grounds: Grounds, mariadb_target: MariadbServer, kept: str) -> None:
    async with grounds.open() as keeper:
        await keeper.change_password(kept, Secret("canary-password"))
        assert await keeper.accepts_password(kept, Secret("canary-password"))
    log = (mariadb_target.folder / "general.log").read_text(errors="replace")
    assert f"ALTER USER '{kept}'@'%' IDENTIFIED BY PASSWORD '*" in log
    assert "canary-password" not in log


@pytest.mark.parametrize("statement", ["ALTER USE %s", "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = %s"])
async def test_what_the_server_says_again_of_a_secret_is_left_out(grounds: Grounds, statement: str) -> None:
    """SEC-24. Of a statement that it does not understand it quotes as much as it likes."""
    password = grounds.target.password
    assert password is not None
    wire = await mariadb_wire.Wire.open(grounds.target, grounds.target.username, password.reveal_text())
    try:
        with pytest.raises(TargetRefused) as plain:
            await wire.run(statement, "it's a canary")
        assert "canary" in str(plain.value)
        with pytest.raises(TargetRefused) as hidden:
            await wire.run(statement, Secret("it's a canary"))
        assert "canary" not in str(hidden.value)
    finally:
        wire.drop()


async def test_accounts_of_one_name_are_one_login(
    grounds: Grounds, mariadb_target: MariadbServer, kept: str
) -> None:
    """Changed together, also for hosts that Locum can't sign in from; or one of them by its host."""
    run = mariadb_target.run
    run("CREATE USER kept@'10.1.2.3' IDENTIFIED BY %s", OLD)
    stored = "SELECT Host, authentication_string FROM mysql.user WHERE User = 'kept' ORDER BY Host"
    try:
        async with grounds.open() as keeper:
            await keeper.change_password("kept", Secret(NEW))
            first, second = run(stored)
            assert first[1] == second[1]
            assert await keeper.accepts_password("kept", Secret(NEW))
            await keeper.change_password("kept@10.1.2.3", Secret(OLD))
            assert await keeper.accepts_password("kept@10.1.2.3", Secret(OLD))
            assert not await keeper.accepts_password("kept@10.1.2.3", Secret(NEW))
            assert await keeper.accepts_password("kept@%", Secret(NEW))
            assert not await keeper.accepts_password("kept", Secret(NEW))
            await keeper.set_enabled("kept@10.1.2.3", False)
            found, one = await keeper.find("kept"), await keeper.find("kept@10.1.2.3")
            assert found is not None
            assert one is not None
            assert (found.enabled, one.enabled) == (True, False)
            assert await keeper.find("kept@10.9.9.9") is None
    finally:
        run("DROP USER kept@'10.1.2.3'")


async def test_an_account_keeps_its_way_to_check_passwords(
    grounds: Grounds, mariadb_target: MariadbServer
) -> None:
    run = mariadb_target.run
    run(
        "CREATE USER modern@'%%' IDENTIFIED VIA ed25519 USING PASSWORD(%s) REQUIRE SSL WITH MAX_USER_CONNECTIONS 9",
        OLD,
    )
    try:
        async with grounds.open() as keeper:
            assert await keeper.accepts_password("modern", Secret(OLD))
            await keeper.change_password("modern", Secret(NEW))
            assert await keeper.accepts_password("modern", Secret(NEW))
            assert not await keeper.accepts_password("modern", Secret(OLD))
        (shown,) = run("SHOW CREATE USER modern@'%'")
        assert "VIA ed25519" in str(shown)
        assert "REQUIRE SSL WITH MAX_USER_CONNECTIONS 9" in str(shown)
    finally:
        run("DROP USER modern@'%'")


async def test_an_account_without_a_password_of_its_own_is_left_alone(
    grounds: Grounds, mariadb_target: MariadbServer
) -> None:
    run = mariadb_target.run
    run("CREATE USER local@localhost IDENTIFIED VIA unix_socket")
    run(
        "CREATE USER two_ways@localhost IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD(%s)",
        OLD,
    )
    run("CREATE ROLE just_a_role")
    before = run("SHOW CREATE USER two_ways@localhost")
    try:
        async with grounds.open() as keeper:
            for login, words in (
                ("local", "by unix_socket"),
                ("two_ways", "by several ways"),
                ("just_a_role", "there is no"),
            ):
                with pytest.raises(TargetRefused, match=words):
                    await keeper.change_password(login, Secret(NEW))
            root = await keeper.find("root")
            assert root is not None
            assert root.privilege == Privilege.ADMINISTRATOR
        assert run("SHOW CREATE USER two_ways@localhost") == before
    finally:
        run("DROP USER local@localhost, two_ways@localhost")
        run("DROP ROLE just_a_role")


async def test_a_missing_driver_is_said(grounds: Grounds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "locum.connectors.mariadb_wire", None)
    with pytest.raises(TargetRefused, match=r"install locum\[mysql\]"):
        await grounds.open().__aenter__()
