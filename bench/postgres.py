"""A throw-away PostgreSQL server, for measurements and tests: its own cluster, its own port, no service touched."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg


def _binary(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name) or name


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class PostgresServer:
    """A running server; `create()` gives the URL of a fresh database, empty or a copy of `template`."""

    directory: Path
    port: int
    user: str

    def create(self, template: str | None = None) -> str:
        name = f"locum_{uuid4().hex[:12]}"
        source = template.rsplit("/", 1)[1] if template else "template0"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} ENCODING 'UTF8'")
        return self.url(name)

    def drop(self, url: str) -> None:
        name = url.rsplit("/", 1)[1]
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{name}"

    def control(self, action: str) -> None:
        """`start`, `stop` or `restart` the server."""
        command = [_binary("pg_ctl"), "-D", str(self.directory / "data"), "-w", "-m", "fast"]
        if action != "stop":
            command += ["-l", str(self.directory / "log"), "-o", f"-p {self.port}"]
        _as_postgres([*command, action])


def _as_postgres(command: list[str]) -> None:
    """initdb and postgres refuse to run as root, so root steps down to the package's own account."""
    user = None
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres").pw_name
    done = subprocess.run(
        command, user=user, group=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode()[-2000:]}")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    directory = Path(tempfile.mkdtemp(prefix="locum-pg-"))
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(directory, "postgres", "postgres")
    server = PostgresServer(directory, free_port(), user)
    try:
        _as_postgres([_binary("initdb"), "-D", str(directory / "data"), "-A", "trust", "-N", "-E", "UTF8"])
        with (directory / "data" / "postgresql.conf").open("a") as config:
            config.write(
                f"listen_addresses = '127.0.0.1'\nunix_socket_directories = '{directory}'\n"
                "shared_buffers = 32MB\nmax_connections = 60\n"
                "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"  # nobody cuts its power
            )
        server.control("start")
        yield server
    finally:
        if (directory / "data" / "postmaster.pid").exists():
            server.control("stop")
        shutil.rmtree(directory, ignore_errors=True)
