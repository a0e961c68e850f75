"""Logins on real targets, tried with each target's own client: ssh, psql, mariadb."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from bench.postgres import PostgresServer
from demo.hosts import Host

from database_targets import SERVICE, Authority, DatabaseTarget, MariadbServer
from demo import hosts

NAME, PASSWORD = "kept", "first Passw0rd"
PASSWORD_PART, KEY_PART = "password", "privateKey"
_CAN_LOG_IN = "SELECT rolcanlogin FROM pg_roles WHERE rolname = %s"
_LOCKED = "SELECT JSON_EXTRACT(Priv, '$.account_locked') FROM mysql.global_priv WHERE User = %s"
METHODS = {frozenset({PASSWORD_PART}): 0, frozenset({KEY_PART}): 1, frozenset({PASSWORD_PART, KEY_PART}): 2}


@dataclass
class LiveLogin:
    """`resource` and `service` are what an administrator sends to onboard the target and its service account; without
    a service account the login is its own. `first` is what the login has at the beginning; `lets_in` tries a part.
    `is_on` and `switch` look at the account, and lock and unlock it, as the target's own administrator does."""

    resource: dict[str, Any]
    service: dict[str, Any] | None
    first: dict[str, str]
    lets_in: Callable[[str, str], bool]
    is_on: Callable[[], bool]
    switch: Callable[[bool], object]

    @property
    def credential(self) -> dict[str, Any]:
        """What an administrator sends to put the login into the vault."""
        return {"username": NAME, "authenticationMethod": METHODS[frozenset(self.first)], **self.first}


def linux_login(host: Host, folder: Path, *parts: str, itself: bool = False) -> LiveLogin:
    """An account that has these parts; with `itself` it may use sudo and is its own service account."""
    key = folder / "first_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    first = {PASSWORD_PART: PASSWORD, KEY_PART: key.read_text()}
    line = shlex.quote(key.with_suffix(".pub").read_text().strip())
    remove_linux_login(host)  # an earlier one, if it would not go
    hosts.run(host, f"useradd -m -s /bin/sh {NAME}")
    if PASSWORD_PART in parts:
        hosts.run(host, f"echo '{NAME}:{PASSWORD}' | chpasswd")
    if KEY_PART in parts:
        at = f"/home/{NAME}/.ssh"
        hosts.run(host, f"umask 077; mkdir {at}; echo {line} > {at}/authorized_keys; chown -R {NAME}: {at}")
    if itself:
        hosts.run(host, f"echo '{NAME} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/{NAME}")
    service = {
        "username": host.account,
        "authenticationMethod": 1,
        "privateKey": Path(host.private_key).read_text(),
    }
    return LiveLogin(
        resource={"ipAddress": host.address, "acceptThumbprintOnFirstDiscovery": True},
        service=None if itself else service,
        first={part: first[part] for part in parts},
        lets_in=lambda part, secret: _ssh(host, folder, part, secret),
        is_on=lambda: _is_on(host),
        switch=lambda on: hosts.run(host, f"usermod --expiredate '{'' if on else 1}' {NAME}"),
    )


def remove_linux_login(host: Host) -> None:
    """The account, also while its last process is still dying, and all that a test may have put beside it."""
    hosts.run(
        host,
        f"pkill -KILL -u {NAME}; for i in 1 2 3 4 5; do id {NAME} || break; userdel -f -r {NAME} && break; sleep 0.2;"
        f" done 2>/dev/null; rm -rf /srv/app /etc/init.d/app"
        f" /etc/sudoers.d/{NAME} /etc/pam.d/chpasswd",
        check=False,
    )


def _is_on(host: Host) -> bool:
    return hosts.run(host, f"getent shadow {NAME} | cut -d: -f8").strip() != "1"


def _ssh(host: Host, folder: Path, part: str, secret: str) -> bool:
    """OpenSSH's own client, with that and nothing else."""
    askpass, key = folder / "askpass", folder / "tried_key"
    askpass.write_text("#!/bin/sh\nprintf '%s\\n' \"$SECRET\"\n")
    askpass.chmod(0o700)
    key.unlink(missing_ok=True)
    key.touch(0o600)
    key.write_text(secret if part == KEY_PART else "")
    method = "publickey" if part == KEY_PART else "password,keyboard-interactive"
    options = [
        f"PreferredAuthentications={method}", "NumberOfPasswordPrompts=1", "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null", "LogLevel=INFO", "IdentitiesOnly=yes", f"IdentityFile={key}",
    ]  # fmt: skip
    return _lets_in(
        ["ssh", "-F", "none", *(f"-o{option}" for option in options), f"{NAME}@{host.address}", "echo in"],
        {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force", "SECRET": secret},
        denied=("Permission denied",) if _is_on(host) else ("Permission denied", "Connection closed by"),
    )


def postgres_login(server: PostgresServer, target: DatabaseTarget, authority: Authority) -> LiveLogin:
    """A role that is there already."""

    def run(statement: str, *values: str) -> Any:
        with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
            done = admin.execute(statement.encode(), values)
            return done.fetchone() if done.description else None

    where = f"host=127.0.0.1 port={target.port} user={NAME} dbname=postgres"
    tls = f"sslmode=verify-full sslrootcert={authority.file}"
    return LiveLogin(
        resource=_database(target, 0),
        service={"username": SERVICE, "password": target.password},
        first={PASSWORD_PART: PASSWORD},
        lets_in=lambda _, secret: _lets_in(
            ["psql", "-XAtw", f"{where} {tls}", "-c", "SELECT 'in'"],
            {"PGPASSWORD": secret},
            denied=("password authentication failed", "is not permitted to log in"),
        ),
        is_on=lambda: run(_CAN_LOG_IN, NAME) == (True,),
        switch=lambda on: run(f"ALTER ROLE {NAME} {'LOGIN' if on else 'NOLOGIN'}"),
    )


def mariadb_login(server: MariadbServer, authority: Authority) -> LiveLogin:
    """An account that is there already."""
    where = ["--protocol=tcp", "--host=127.0.0.1", f"--port={server.target.port}", f"--ssl-ca={authority.file}"]
    return LiveLogin(
        resource=_database(server.target, 4),
        service={"username": SERVICE, "password": server.target.password},
        first={PASSWORD_PART: PASSWORD},
        lets_in=lambda _, secret: _lets_in(
            ["mariadb", "--no-defaults", *where, f"--user={NAME}", "-Ne", "SELECT 'in'"],
            {"MYSQL_PWD": secret},
            denied=("ERROR 1045", "this account is locked"),
        ),
        is_on=lambda: server.run(_LOCKED, NAME) != (("true",),),
        switch=lambda on: server.run(f"ALTER USER %s@'%%' ACCOUNT {'UNLOCK' if on else 'LOCK'}", NAME),
    )


def _database(target: DatabaseTarget, kind: int) -> dict[str, Any]:
    return {"type": 5, "ipAddress": "127.0.0.1", "managedDatabase": {"type": kind, "port": target.port}}


def _lets_in(command: list[str], environment: dict[str, str], *, denied: tuple[str, ...]) -> bool:
    """Whether the client gets in; any other failure than a denial is the test's."""
    quiet = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    done = subprocess.run(
        command, env={**quiet, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip
    if done.returncode == 0 and done.stdout == "in\n":
        return True
    assert any(words in done.stderr for words in denied), f"{command[0]}: {done.stderr}"
    return False
