"""Events are written in order, together; none is lost where the database refuses them, and not too many wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

import asyncssh
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from locum.activities.channel_rules import ChannelRules
from locum.activities.command_rules import CommandAction, CommandHit, CommandRule, Restriction
from locum.audit.model import audit_event
from locum.gateway.ssh import connection as connections
from locum.gateway.ssh.event_log import AT_ONCE, FULL, MOST, EventLog
from locum.gateway.ssh.gateway import SshGateway
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.recordings.writer import Recorder
from locum.sessions.connection_events import write_events
from locum.sessions.connections import ConnectionEvent, Grant
from locum.vault.secret import Secret
from locum.vault.store import Vault
from ssh_gateway import Client, Gate, People

pytestmark = pytest.mark.anyio

REFUSES = "CREATE TRIGGER refuses BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'no more rows'); END"
KEPT = "the audit log does not take what passed in a connection: it is kept and tried again"
LEFT = "the process ends and the audit log has not taken this"


@dataclass
class Overflow:
    """What the event log asks of its connection."""

    full: list[bool] = field(default_factory=list)
    over: int = 0

    def ended(self) -> None:
        self.over += 1


def run(database: Database, statement: str) -> None:
    database.submit_write(lambda tx: tx._connection.exec_driver_sql(statement)).result()


def rows(database: Database, action: str) -> list[dict[str, object]]:
    """The details of the audit log's rows of that action, in order."""
    c = audit_event.c
    statement = sa.select(c.detail).where(c.action == action).order_by(c.id)
    return [json.loads(text) for text in database.submit_read(lambda tx: tx.scalars(statement)).result()]


def log_of(database: Database, connection_id: UUID, overflow: Overflow) -> EventLog:
    """Writes where a gateway's does."""
    actor, session_id = Actor(uuid4(), "alice", "192.0.2.7"), uuid4()

    async def write(events: Sequence[ConnectionEvent]) -> None:
        await database.write(write_events, actor, session_id, connection_id, events)

    return EventLog(connection_id, write, overflow.full.append, overflow.ended)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def test_everything_is_written_in_order_and_many_at_once() -> None:
    written: list[Sequence[ConnectionEvent]] = []
    gate = asyncio.Event()
    overflow = Overflow()

    async def write(events: Sequence[ConnectionEvent]) -> None:
        await gate.wait()
        written.append(events)

    log = EventLog(uuid4(), write, overflow.full.append, overflow.ended)
    await log.written()
    events: list[ConnectionEvent] = [("a", {"count": number}) for number in range(FULL + AT_ONCE)]
    for event in events:
        log.add(event)
    assert overflow == Overflow([True])
    gate.set()
    await log.written()
    assert [event for batch in written for event in batch] == events
    assert max(map(len, written)) == AT_ONCE
    assert overflow == Overflow([True, False])
    log.add(("b", {}))
    await log.written()
    assert written[-1] == [("b", {})]


async def test_what_the_database_refuses_is_kept_and_written_in_the_end(database: Database) -> None:
    overflow, connection_id = Overflow(), uuid4()
    log = log_of(database, connection_id, overflow)
    run(database, REFUSES)
    with capture_logs() as logs:
        for number in range(FULL):
            log.add(("connection.file", {"bytes": number, "file": "/srv/payroll"}))
        await until(lambda: len(logs) > 1)
        await log.written(within=0.01)
        assert rows(database, "connection.file") == []
        log.add(("connection.file", {"bytes": FULL, "file": "/srv/payroll"}))
        run(database, "DROP TRIGGER refuses")
        await log.written()
    found = rows(database, "connection.file")
    assert [row["bytes"] for row in found] == list(range(FULL + 1))
    assert {row["connection"] for row in found} == {str(connection_id)}
    assert overflow == Overflow([True, False])
    assert (logs[0]["log_level"], logs[0]["event"], logs[0]["waiting"]) == ("error", KEPT, FULL)
    assert logs[0]["error"] == "IntegrityError: no more rows"
    assert "payroll" not in str(logs)
    assert logs[-1]["event"] == "the audit log takes rows again"


async def test_a_connection_that_goes_on_all_the_same_is_ended_once_and_nothing_of_it_is_lost(
    database: Database,
) -> None:
    overflow = Overflow()
    log = log_of(database, uuid4(), overflow)
    run(database, REFUSES)
    for number in range(MOST + 5):
        log.add(("connection.forward", {"sent": number}))
    assert (overflow.full, overflow.over) == ([True], 1)
    run(database, "DROP TRIGGER refuses")
    await log.written()
    assert [row["sent"] for row in rows(database, "connection.forward")] == list(range(MOST + 5))


async def test_what_is_left_when_the_process_ends_is_in_its_log(database: Database) -> None:
    log = log_of(database, uuid4(), Overflow())
    run(database, REFUSES)
    with capture_logs() as logs:
        for number in range(2):
            log.add(("connection.file", {"bytes": number, "file": "a", "key": "canary-secret"}))
        rule = CommandRule("^rm ", CommandAction.BLOCK)
        log.add(CommandHit(Restriction(uuid4(), "house", None, (rule,)), 1, "rm x"))
        waiting = asyncio.create_task(log.written())
        await until(lambda: logs)
        waiting.cancel()
        await asyncio.wait({waiting})
    left = [line for line in logs if line["event"] == LEFT]
    assert (left[-1]["action"], left.pop()["detail"]["typed"]) == ("connection.command", "rm x")
    assert [(line["action"], line["detail"]["bytes"], line["detail"]["file"]) for line in left] == [
        ("connection.file", 0, "a"),
        ("connection.file", 1, "a"),
    ]
    assert "canary-secret" not in str(logs)


class WritingGate(Gate):
    """Writes what happened where the real one does."""

    async def happened(self, grant: Grant, events: Sequence[ConnectionEvent], *, address: str) -> None:
        actor = Actor(None, grant.identity_name, address)
        await self._db.write(write_events, actor, grant.session_id, grant.connection_id, events)


async def test_a_connection_ends_while_what_passed_in_it_waits_for_the_database(
    gate: Gate, people: People, vault: Vault, recorder: Recorder, database: Database, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """With the real `sftp`: its session is told of the end, and its file is in the audit log when that takes rows."""
    monkeypatch.setattr(connections, "BOOKS_S", 0.1)
    writing = WritingGate(replace(gate.grant, channels=ChannelRules(upload=True)), vault, database)
    key = asyncssh.generate_private_key("ssh-ed25519")
    rooms = connections.Rooms(writing, recorder)
    host_key = Secret(key.export_private_key("openssh"))
    gateway = SshGateway(rooms, people, host_key=host_key, host="127.0.0.1", port=0)
    await gateway.start()
    (tmp_path / "home").mkdir()
    client = Client(tmp_path / "home", gateway.port, key.export_public_key("openssh").decode().strip())
    (client.home / "mine").write_text("mine")
    (client.home / "batch").write_text(f"put mine {tmp_path}/yours\n")
    run(database, REFUSES)
    batch = ("-o", "BatchMode=no", "-b", str(client.home / "batch"))
    answer = await client.run(*batch, "127.0.0.1", program="sftp")
    assert answer.status == 0, answer.err
    await until(lambda: writing.ended)
    assert gateway.connections == 1
    assert rows(database, "connection.file") == []
    run(database, "DROP TRIGGER refuses")
    await until(lambda: gateway.connections == 0)
    assert [(row["kind"], row["file"]) for row in rows(database, "connection.file")] == [
        ("uploaded", f"{tmp_path}/yours")
    ]
    await gateway.stop(0)
