"""An installation that rotates, and a login on each real target to rotate."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from bench.postgres import PostgresServer
from demo.hosts import Host
from demo.installation import Demo, free_port, stop, up

import fault_targets
from database_targets import Authority, DatabaseTarget, MariadbServer
from fault_targets import FaultTarget
from installation import Installation
from live_logins import NAME, PASSWORD, LiveLogin, mariadb_login, postgres_login, remove_linux_login


@pytest.fixture
def rotating(
    tmp_path: Path, database_authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    monkeypatch.setenv("SSL_CERT_FILE", str(database_authority.file))
    made = Installation(tmp_path / "data")
    made.prepare()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


@pytest.fixture
def linux_host(linux_hosts: list[Host]) -> Iterator[Host]:
    yield linux_hosts[0]
    remove_linux_login(linux_hosts[0])


@pytest.fixture
def postgres_kept(
    postgres_target: tuple[PostgresServer, DatabaseTarget], database_authority: Authority
) -> Iterator[LiveLogin]:
    server, target = postgres_target
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {NAME} LOGIN PASSWORD '{PASSWORD}'".encode())
    yield postgres_login(server, target, database_authority)
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"DROP ROLE {NAME}".encode())


@pytest.fixture
def mariadb_kept(mariadb_target: MariadbServer, database_authority: Authority) -> Iterator[LiveLogin]:
    mariadb_target.run("CREATE USER %s@'%%' IDENTIFIED BY %s", NAME, PASSWORD)
    yield mariadb_login(mariadb_target, database_authority)
    mariadb_target.run("DROP USER %s@'%%'", NAME)


@pytest.fixture(scope="module")
def fault_target(
    request: pytest.FixtureRequest, linux_hosts: list[Host]
) -> Iterator[Callable[[str], FaultTarget]]:
    made: dict[str, FaultTarget] = {}

    def make(name: str) -> FaultTarget:
        if name not in made:
            if name == "linux":
                made[name] = fault_targets.linux(linux_hosts[1])
            elif name == "postgresql":
                server: tuple[PostgresServer, DatabaseTarget] = request.getfixturevalue("postgres_target")
                made[name] = fault_targets.postgresql(*server)
            else:
                mariadb: MariadbServer = request.getfixturevalue("mariadb_target")
                made[name] = fault_targets.mariadb(mariadb)
        return made[name]

    yield make
    for target in made.values():
        target.remove()


@pytest.fixture(scope="module")
def trusting_targets(database_authority: Authority) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(database_authority.file))
        yield


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """The demo, with addresses of its own."""
    folder = tmp_path / "demo"
    yield up(
        folder,
        https=f"127.0.0.1:{free_port()}",
        ssh=f"127.0.0.1:{free_port()}",
        net=os.getpid() % 1000 + 62000,
    )
    stop(folder)
