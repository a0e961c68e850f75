"""A real target that hangs, restarts or refuses in the middle of a rotation, also while the server is killed: the vault
and the target have the same secret at the end, whenever the target carries out what it was told."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pymysql
import pytest
from bench.postgres import PostgresServer
from demo.hosts import Host

from database_targets import SERVICE, DatabaseTarget, MariadbServer
from demo import hosts
from installation import Installation
from live_logins import NAME, PASSWORD_PART, LiveLogin, linux_login
from live_rotation import COMPLETED, FAILED, LiveRotation, onboard


@dataclass(frozen=True)
class Trouble:
    """What can happen to a target. `hold` lets it begin a change and not end it, `waits` says whether one waits so;
    `restart` ends what it was doing; `forbid` makes it refuse changes."""

    login: LiveLogin
    hold: Callable[[], AbstractContextManager[None]]
    waits: Callable[[], bool]
    restart: Callable[[], None]
    forbid: Callable[[], None]
    allow: Callable[[], None]


class Troubles:
    @pytest.fixture
    def kept(self, rotating: Installation, trouble: Trouble) -> LiveRotation:
        rotating.start()
        return onboard(rotating, trouble.login)

    def begin(self, kept: LiveRotation, trouble: Trouble) -> None:
        """Ask, and wait until the target hangs in the change."""
        kept.ask()
        until(trouble.waits)

    def check(self, kept: LiveRotation, *states: int) -> None:
        assert kept.until_ended() == states
        kept.check_secrets(1 + states.count(COMPLETED))
        kept.check_nothing_left()

    def test_killed_while_it_hangs(self, kept: LiveRotation, trouble: Trouble) -> None:
        """It carries out what the dead server had told it, after the new server has looked."""
        with trouble.hold():
            self.begin(kept, trouble)
            kept.installation.kill()
            kept.installation.start()
        self.check(kept, COMPLETED)

    @pytest.mark.full
    def test_it_hangs_for_too_long(self, kept: LiveRotation, trouble: Trouble) -> None:
        """That is no refusal: it is tried again until it is done."""
        with trouble.hold():
            self.begin(kept, trouble)
            until(lambda: bool(kept.rotations()[0]["lastError"]))
        self.check(kept, COMPLETED)

    @pytest.mark.full
    def test_it_restarts_in_the_middle(self, kept: LiveRotation, trouble: Trouble) -> None:
        with trouble.hold():
            self.begin(kept, trouble)
            trouble.restart()
        self.check(kept, COMPLETED)

    def test_it_refuses_and_later_does_not(self, kept: LiveRotation, trouble: Trouble) -> None:
        trouble.forbid()
        try:
            kept.ask()
            assert kept.until_ended() == (FAILED,)
            kept.check_secrets(1)
        finally:
            trouble.allow()
        kept.ask()
        self.check(kept, FAILED, COMPLETED)


@pytest.mark.full
class TestLinux(Troubles):
    @pytest.fixture
    def trouble(self, linux_host: Host, tmp_path: Path) -> Trouble:
        @contextmanager
        def hold() -> Iterator[None]:
            """As an administrator's vipw does; the host's files are reached from outside."""
            with open(f"{linux_host.root}/etc/.pwd.lock", "w") as lock:
                fcntl.lockf(lock, fcntl.LOCK_EX)
                yield

        def restart() -> None:
            hosts.stop_sshd(linux_host)
            hosts.run(linux_host, "pkill -KILL chpasswd", check=False)
            hosts.start_sshd(linux_host)

        return Trouble(
            linux_login(linux_host, tmp_path, PASSWORD_PART),
            hold,
            lambda: any(title.startswith("chpasswd") for _, title in hosts.processes(linux_host)),
            restart,
            lambda: void(hosts.run(linux_host, "echo 'password requisite pam_deny.so' > /etc/pam.d/chpasswd")),
            lambda: void(hosts.run(linux_host, "rm /etc/pam.d/chpasswd")),
        )


@pytest.mark.full
class TestPostgresql(Troubles):
    @pytest.fixture
    def trouble(self, postgres_target: tuple[PostgresServer, DatabaseTarget], postgres_kept: LiveLogin) -> Trouble:
        server, _ = postgres_target

        def run(statement: str) -> int:
            with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
                return admin.execute(statement.encode()).rowcount

        @contextmanager
        def hold() -> Iterator[None]:
            """As an administrator's open transaction does."""
            with suppress(psycopg.OperationalError), psycopg.connect(server.url("postgres")) as admin:
                admin.execute(f"ALTER ROLE {NAME} CONNECTION LIMIT 9".encode())
                yield
                admin.rollback()

        waiting = (
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER ROLE%PASSWORD%'"
        )
        return Trouble(
            postgres_kept,
            hold,
            lambda: run(waiting) > 0,
            lambda: server.control("restart"),
            lambda: void(run(f"ALTER ROLE {SERVICE} NOSUPERUSER")),
            lambda: void(run(f"ALTER ROLE {SERVICE} SUPERUSER")),
        )

    def test_it_refuses_what_it_had_begun_to_do(self, kept: LiveRotation, trouble: Trouble) -> None:
        """What the dead server had told it still hangs while it refuses the same to the new one: no is not the last
        word, and the new secret must not be forgotten."""
        with trouble.hold():
            self.begin(kept, trouble)
            kept.installation.kill()
            trouble.forbid()
            try:
                kept.installation.start()
                until(lambda: bool(kept.rotations()[0]["lastError"]))
            finally:
                trouble.allow()
        self.check(kept, COMPLETED)


class TestMariadb(Troubles):
    @pytest.fixture
    def trouble(self, mariadb_target: MariadbServer, mariadb_kept: LiveLogin) -> Trouble:
        @contextmanager
        def hold() -> Iterator[None]:
            """As a backup does."""
            admin = mariadb_target.admin()
            admin.query("FLUSH TABLES WITH READ LOCK")
            yield
            with suppress(pymysql.OperationalError):
                admin.query("UNLOCK TABLES")

        waiting = (
            "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'ALTER USER%' AND state LIKE 'Wait%'"
        )
        return Trouble(
            mariadb_kept,
            hold,
            lambda: bool(mariadb_target.run(waiting)),
            mariadb_target.restart,
            lambda: void(mariadb_target.run("SET GLOBAL read_only = 1")),
            lambda: void(mariadb_target.run("SET GLOBAL read_only = 0")),
        )


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def void(_: object) -> None:
    return
