"""What must be true of sessions at any moment, whatever happened."""

from __future__ import annotations

from uuid import UUID

from life import Life, Seen
from locum.kit.db import ReadTx
from locum.kit.errors import Conflict
from locum.reads import accounts
from locum.sessions.in_use import refuse_while_in_use
from locum.sessions.lifecycle import ENDED, LIVE, Status
from locum.sessions.model import EntryState


def is_in_use(tx: ReadTx, resource_id: UUID) -> bool:
    try:
        refuse_while_in_use(tx, resource_id)
    except Conflict:
        return True
    return False


def holds(life: Life, seen: Seen) -> None:
    """Raise AssertionError where it is not."""
    for host in life.hosts.values():
        for marker, kind in host.rights():
            rows = [entry for entry in seen.entries[UUID(marker)] if entry.kind == kind]
            assert [row.state != EntryState.REVERTED for row in rows] == [True], (marker, kind)
    for session_id, row in seen.sessions.items():
        status, open_entries = (
            Status(row.status),
            [entry for entry in seen.entries.get(session_id, []) if entry.state != EntryState.REVERTED],
        )
        if status in ENDED:
            # A worker that was overtaken may have made a change too late: that is told, and worked on.
            assert not open_entries or (session_id in seen.errors and session_id in seen.jobs)
            assert seen.audited[session_id, "session.change_came_late"] or not open_entries
            assert seen.leases.get(session_id, "ended") == "ended"
            assert row.key_secret_id is None
        if status == Status.ACTIVE and row.resource_id is not None:
            assert {entry.state for entry in open_entries} == {EntryState.APPLIED}
        if status in LIVE:
            assert session_id in seen.jobs
        assert (session_id in seen.connected) <= (status == Status.ACTIVE)
        was_asked = {
            "session.requested": True,
            "session.active": row.actual_start is not None,
            "session.ending": row.outcome is not None,
            "session.ended": status in ENDED,
        }
        for action, expected in was_asked.items():
            assert seen.audited[session_id, action] == expected, (action, row)


def uses_are_shown(life: Life, seen: Seen, active: dict[str, int]) -> None:
    """What is in use, as resources and people show it. `active`: how many sessions run, by their owners."""
    given = {
        entry.resource_id
        for entries in seen.entries.values()
        for entry in entries
        if entry.state != EntryState.REVERTED
    }
    if any(state != "ended" for state in seen.leases.values()):
        given.add(life.ids.hosts["web01"])  # that is where the credential's login is

    def look(tx: ReadTx) -> tuple[set[UUID], dict[str, int]]:
        used = {one for one in life.ids.hosts.values() if is_in_use(tx, one)}
        return used, {owner: accounts.one(tx, life.ids.people[owner]).active_session_count for owner in active}

    assert life.database.submit_read(look).result() == (given, active)
