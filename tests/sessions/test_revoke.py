"""Taking access away: tried until it is done, and nothing secret is kept."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from demo import hosts
from hosts import settled, state_of
from locum.sessions import ledger
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState, ledger_entry
from locum.vault.model import vault_secret
from stage import Stage

pytestmark = pytest.mark.anyio


async def test_revoking_from_a_host_that_is_down_goes_on_until_it_is_back(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask()
    await stage.turn()
    await stage.end(session_id)
    hosts.stop_sshd(stage.host)
    try:
        await stage.turn()
        session = await stage.session(session_id)
        assert session.status == Status.CANCELLING
        entries = await stage.database.read(ledger.entries, session_id)
        assert {e.state for e in entries} == {EntryState.APPLIED}
        assert all(e.failures == 1 and e.last_error for e in entries)
        assert "access could not be taken away yet" in await stage.log(session_id)
    finally:
        hosts.start_sshd(stage.host)
    await asyncio.sleep(1.1)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.COMPLETE
    assert settled(stage.host, before)


async def test_the_key_of_an_ended_session_is_erased(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    secret_id = (await stage.session(session_id)).key_secret_id
    await stage.end(session_id)
    await stage.turn()
    erased = sa.select(vault_secret.c.erased_at).where(vault_secret.c.id == secret_id)
    assert await stage.database.read(lambda tx: tx.scalar(erased)) is not None


async def test_one_entry_that_is_refused_does_not_keep_the_others(stage: Stage) -> None:
    """The ledger closes what it can; what is refused stays open, says why, and is tried again."""
    before = state_of(stage.host)
    session_id = await stage.ask()
    await stage.turn()
    spoil = (
        sa.update(ledger_entry).where(ledger_entry.c.kind == "sudoers").values(parameters={"login": "Not A Login"})
    )
    await stage.database.write(lambda tx: tx.run(spoil))
    await stage.end(session_id)
    await stage.turn()
    entries = {e.kind: e for e in await stage.database.read(ledger.entries, session_id)}
    assert entries["sudoers"].state == EntryState.APPLIED
    assert entries["sudoers"].last_error
    assert {entries[kind].state for kind in ("account", "authorized_key")} == {EntryState.REVERTED}
    assert (await stage.session(session_id)).status == Status.CANCELLING
    assert settled(stage.host, before)
