"""Database servers for the test run that are targets: with passwords, TLS and a service account each."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pymysql
import pytest
from bench.postgres import PostgresServer, free_port, postgres_server

from locum.main.tls import ca_certificate, ensure_leaf, make_ca
from locum.vault.secret import Secret

SERVICE, POWERLESS = "keeper", "powerless"


@dataclass(frozen=True)
class Authority:
    """A CA that tests trust, and certificates it signs for 127.0.0.1."""

    secret: Secret
    file: Path

    def sign(self, folder: Path, owner: str) -> tuple[Path, Path]:
        certificate, key = folder / "server.crt", folder / "server.key"
        ensure_leaf(self.secret, certificate=certificate, key=key, names=["127.0.0.1"])
        for file in (certificate, key):
            if os.geteuid() == 0:
                shutil.chown(file, owner, owner)
            file.chmod(0o600)
        return certificate, key


@pytest.fixture(scope="session")
def database_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    secret = make_ca()
    file = tmp_path_factory.mktemp("authority") / "ca.crt"
    file.write_bytes(ca_certificate(secret))
    return Authority(secret, file)


@dataclass(frozen=True)
class DatabaseTarget:
    """Where it is and the service account's password. `pid_file` says which process is the server now."""

    port: int
    password: str
    folder: Path
    pid_file: Path

    def _pids(self) -> list[int]:
        main = int(self.pid_file.read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def freeze(self) -> None:
        """Until every thread stands still: one that runs might answer yet."""
        for pid in self._pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        deadline = time.monotonic() + 10
        while not all(_stopped(stat) for pid in self._pids() for stat in Path(f"/proc/{pid}/task").glob("*/stat")):
            assert time.monotonic() < deadline, "it does not stop"
            time.sleep(0.005)

    def thaw(self) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _stopped(stat: Path) -> bool:
    try:
        return stat.read_text().rpartition(")")[2].split()[0] in "TZ"
    except OSError:
        return True


@pytest.fixture(scope="session")
def postgres_target(database_authority: Authority) -> Iterator[tuple[PostgresServer, DatabaseTarget]]:
    with postgres_server() as server:
        data = server.directory / "data"
        password = secrets.token_urlsafe(12)
        certificate, key = database_authority.sign(server.directory, server.user)
        hba = data / "pg_hba.conf"
        admin = f"host all {server.user} 127.0.0.1/32 trust\nlocal all all trust\n"
        hba.write_text(f"{admin}host all all 127.0.0.1/32 scram-sha-256\n")
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET ssl_cert_file = '{certificate}'")
            connection.execute(f"ALTER SYSTEM SET ssl_key_file = '{key}'")
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("ALTER SYSTEM SET listen_addresses = '127.0.0.1,127.0.0.2'")
            connection.execute("ALTER SYSTEM SET log_statement = 'all'")
            connection.execute(f"CREATE ROLE {SERVICE} SUPERUSER LOGIN PASSWORD '{password}'")
            connection.execute(f"CREATE ROLE {POWERLESS} LOGIN PASSWORD '{password}'")
        server.control("restart")
        yield server, DatabaseTarget(server.port, password, data, data / "postmaster.pid")


@dataclass
class MariadbServer:
    """`admin` is root over the server's own socket. `command` is the server, `running` its process now."""

    folder: Path
    target: DatabaseTarget
    command: list[str]
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(self.command, stdout=log, stderr=log)
        _wait_until_up(self.running, self.folder)

    def restart(self) -> None:
        """Connections end; what is committed stays."""
        assert self.running is not None
        self.running.terminate()
        self.running.wait(30)
        self.start()

    def admin(self) -> pymysql.Connection[pymysql.cursors.Cursor]:
        return pymysql.connect(
            unix_socket=str(self.folder / "socket"), user="root", charset="utf8mb4", autocommit=True
        )

    def run(self, statement: str, *values: str) -> tuple[tuple[object, ...], ...]:
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall()


@pytest.fixture(scope="session")
def mariadb_target(database_authority: Authority) -> Iterator[MariadbServer]:
    with _mariadb(database_authority) as server:
        yield server


@contextmanager
def _mariadb(authority: Authority) -> Iterator[MariadbServer]:
    """A server of its own, on a port of its own; no service is touched."""
    folder = Path(tempfile.mkdtemp(prefix="locum-db-"))
    user = "mysql" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(folder, user, user)
    certificate, key = authority.sign(folder, user)
    common = ["--no-defaults", f"--datadir={folder}/data", f"--user={user}"]
    common += ["--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0", "--innodb-fast-shutdown=2"]
    common += ["--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M"]  # nobody cuts its power
    install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"mariadb-install-db failed: {done.stderr[-2000:]}")
    port, password = free_port(), secrets.token_urlsafe(12)
    command = [
        shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin") or "mariadbd",
        *common,
        f"--port={port}",
        "--bind-address=127.0.0.1,127.0.0.2",
        f"--socket={folder}/socket",
        f"--pid-file={folder}/pid",
        f"--ssl-cert={certificate}",
        f"--ssl-key={key}",
        f"--general-log-file={folder}/general.log",
        "--general-log=1",
        "--plugin-load-add=auth_ed25519",
        "--skip-name-resolve",
    ]
    server = MariadbServer(folder, DatabaseTarget(port, password, folder, folder / "pid"), command)
    try:
        server.start()
        server.run("CREATE USER keeper@'127.0.0.1' IDENTIFIED BY %s", password)
        server.run("GRANT CREATE USER ON *.* TO keeper@'127.0.0.1'")
        server.run("GRANT SELECT ON mysql.* TO keeper@'127.0.0.1'")
        server.run("CREATE USER powerless@'127.0.0.1' IDENTIFIED BY %s", password)
        server.run("GRANT SELECT ON mysql.* TO powerless@'127.0.0.1'")
        yield server
    finally:
        if server.running is not None:
            server.running.kill()  # nothing of it is wanted any more
            server.running.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_up(running: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(folder / "socket"))
            return
        if running.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"mariadbd did not start: {(folder / 'log').read_text()[-2000:]}")
        time.sleep(0.02)
