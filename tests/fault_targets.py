"""Real targets that can be made to refuse, to hang and to restart, and what each must look like afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.postgres import PostgresServer
from demo.hosts import Host

from connectors.test_mariadb_access import Server as Mariadb
from connectors.test_postgresql_access import Server as Postgresql
from database_targets import DatabaseTarget, MariadbServer
from demo import hosts
from hosts import settled, state_of

SERVICE, MARIADB_SERVICE = "fault_opener", "fault_opener_m"
BYSTANDER = "bystander"
"""Has access before the session, of the same kind, and must have it afterwards."""

Undo = Callable[[], object]


@dataclass(frozen=True)
class FaultTarget:
    """`steps` are a session's rights in the order they are given; `actions` those that the activity does not have by
    itself. Each of `faults` does its harm and answers what ends it."""

    resource: dict[str, Any]
    credential: dict[str, Any]
    activity: str
    steps: tuple[str, ...]
    actions: tuple[tuple[str, dict[str, str]], ...]
    state: Callable[[], list[str]]
    settled: Callable[[list[str]], bool]
    faults: dict[str, Callable[[], Undo]]
    remove: Undo

    @property
    def boundaries(self) -> list[str]:
        """What a session passes, in order."""
        made = [step for kind in self.steps for step in ("_begin", f"apply {kind}", "_applied")]
        gone = [step for kind in reversed(self.steps) for step in (f"revert {kind}", "_reverted")]
        return [f"{w} {s}" for s in ("_intend", *made, "_activate", *gone, "_finish") for w in ("before", "after")]


def nothing() -> None:
    return


def linux(host: Host) -> FaultTarget:
    def run(command: str) -> str:
        return hosts.run(host, command, check=False)

    def refuse() -> Undo:
        """Its service account may not become root, and is thrown out."""
        run(f"mv /etc/sudoers.d/{host.account} /root/; pkill -KILL -u {host.account}; pkill -KILL -x sudo")
        return lambda: run(f"mv /root/{host.account} /etc/sudoers.d/; rm -f /run/sudo/ts/{host.account}")

    def hang() -> Undo:
        run("kill -STOP -1")
        return lambda: run("kill -CONT -1")

    def restart() -> Undo:
        """Every process but the first is gone at once, and so is what lies in memory; all other files are there."""
        run("kill -KILL -1; find /run /tmp /dev/shm -mindepth 1 -delete; mkdir -p /run/sshd /run/lock")
        run("chmod 1777 /run/lock")
        hosts.start_sshd(host)
        return nothing

    run(f"useradd -m {BYSTANDER} && echo '{BYSTANDER} ALL=(ALL) ALL' > /etc/sudoers.d/{BYSTANDER}")
    run(f"usermod -aG daemon {BYSTANDER} && chmod 440 /etc/sudoers.d/{BYSTANDER}")
    key = {"username": host.account, "authenticationMethod": 1, "privateKey": Path(host.private_key).read_text()}
    return FaultTarget(
        {"ipAddress": host.address, "acceptThumbprintOnFirstDiscovery": True},
        key,
        "Linux sudo",
        ("account", "authorized_key", "sudoers"),
        (),
        lambda: state_of(host),
        lambda before: settled(host, before),
        {"refuses": refuse, "hangs": hang, "restarts": restart},
        lambda: run(f"userdel -r {BYSTANDER}; rm -f /etc/sudoers.d/{BYSTANDER}; rm -rf /var/lib/locum"),
    )


def _database(target: DatabaseTarget, kind: int) -> dict[str, Any]:
    return {"type": 5, "ipAddress": "127.0.0.1", "managedDatabase": {"type": kind, "port": target.port}}


def _hangs(target: DatabaseTarget) -> Callable[[], Undo]:
    def hang() -> Undo:
        target.freeze()
        return target.thaw

    return hang


def postgresql(server: PostgresServer, target: DatabaseTarget) -> FaultTarget:
    made, password = Postgresql(server, target), secrets.token_urlsafe(12)

    def refuse() -> Undo:
        made.run(f"ALTER ROLE {SERVICE} NOSUPERUSER")
        return lambda: made.run(f"ALTER ROLE {SERVICE} SUPERUSER")

    def restart() -> Undo:
        server.control("restart")
        return nothing

    def remove() -> None:
        made.run(f"REVOKE ALL ON SCHEMA public FROM {BYSTANDER}")
        made.run(f"DROP ROLE {BYSTANDER}, {SERVICE}")

    made.run(f"CREATE ROLE {SERVICE} SUPERUSER LOGIN PASSWORD '{password}'")
    made.run(f"CREATE ROLE {BYSTANDER} LOGIN IN ROLE pg_monitor")
    made.run(f"GRANT CREATE ON SCHEMA public TO {BYSTANDER}")
    return FaultTarget(
        _database(target, 0),
        {"username": SERVICE, "password": password},
        "PostgreSQL login",
        ("account", "role", "grant"),
        (
            ("role", {"role": "pg_monitor"}),
            ("grant", {"on": "schema", "name": "public", "privileges": "CREATE"}),
        ),
        made.state,
        made.settled,
        {"refuses": refuse, "hangs": _hangs(target), "restarts": restart},
        remove,
    )


def mariadb(server: MariadbServer) -> FaultTarget:
    made, target, password = Mariadb(server), server.target, secrets.token_urlsafe(12)
    service = f"{MARIADB_SERVICE}@'127.0.0.1'"

    def refuse() -> Undo:
        made.run(f"ALTER USER {service} ACCOUNT LOCK")
        made.run(f"KILL USER {service}")
        return lambda: made.run(f"ALTER USER {service} ACCOUNT UNLOCK")

    def restart() -> Undo:
        server.restart()
        return nothing

    def remove() -> None:
        made.run(f"DROP USER {BYSTANDER}@'%'")
        made.run("DROP ROLE fault_clerks")
        made.run(f"DROP USER {service}")
        made.run("DROP DATABASE fault_orders")

    made.run("CREATE DATABASE fault_orders")
    made.run(f"CREATE USER {service} IDENTIFIED BY %s", password)
    made.run(f"GRANT ALL ON *.* TO {service} WITH GRANT OPTION")
    made.run(f"ALTER USER {service} ACCOUNT UNLOCK")  # from then on its row says so
    made.run("CREATE ROLE fault_clerks")
    made.run(f"GRANT fault_clerks TO {service} WITH ADMIN OPTION")
    made.run(f"CREATE USER {BYSTANDER}@'%%' IDENTIFIED BY %s", password)
    made.run(f"GRANT fault_clerks TO {BYSTANDER}@'%'")
    made.run(f"GRANT SELECT ON fault_orders.* TO {BYSTANDER}@'%'")
    return FaultTarget(
        _database(target, 4),
        {"username": MARIADB_SERVICE, "password": password},
        "MySQL login",
        ("account", "role", "grant"),
        (
            ("role", {"role": "fault_clerks"}),
            ("grant", {"on": "database", "name": "fault_orders", "privileges": "SELECT"}),
        ),
        made.state,
        made.settled,
        {"refuses": refuse, "hangs": _hangs(target), "restarts": restart},
        remove,
    )
