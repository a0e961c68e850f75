"""What an activity's actions do to a real host in the life of a session, in their order, and what stands in its log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from demo.hosts import Host

from demo import hosts
from hosts import settled, state_of
from locum.activities.model import LoginType, Phase, activity, activity_action, connection_profile
from locum.audit.model import audit_event
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.sessions import ledger
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState, LedgerEntry
from stage import Stage, staged

pytestmark = pytest.mark.anyio

LOGIN = "dora"


@pytest.fixture
async def stage(database: Database, tmp_path: Path, linux_hosts: list[Host]) -> AsyncIterator[Stage]:
    async with staged(database, tmp_path, linux_hosts[0]) as made:
        yield made


@pytest.fixture
def dora(linux_hosts: list[Host]) -> Iterator[None]:
    hosts.run(linux_hosts[0], f"useradd -m -s /bin/bash {LOGIN}")
    yield
    hosts.run(linux_hosts[0], f"pkill -KILL -u {LOGIN}; userdel -f -r {LOGIN} 2>/dev/null", check=False)


async def act(stage: Stage, *actions: dict[str, Any], **how: Any) -> None:
    """Let the plain shell be an activity with these actions."""

    def change(tx: Tx) -> None:
        for position, action in enumerate(actions):
            tx.add(activity_action, id=new_id(), activity_id=stage.world.shell, position=position, **action)
        if how:
            tx.run(sa.update(activity).where(activity.c.id == stage.world.shell).values(**how))

    await stage.database.write(change)


def script(text: str, phase: Phase = Phase.BEFORE, run_as: str = "root", **more: Any) -> dict[str, Any]:
    return {"kind": "custom_script", "parameters": {"script": text, "run_as": run_as}, "phase": phase, **more}


async def profile(stage: Stage, **settings: object) -> None:
    await stage.database.write(lambda tx: tx.run(sa.update(connection_profile).values(**settings)))


async def begin(stage: Stage) -> UUID:
    session_id = await stage.ask(activity_id=stage.world.shell)
    await stage.turn()
    return session_id


async def finish(stage: Stage, session_id: UUID) -> Status:
    await stage.end(session_id)
    await stage.turn()
    return Status((await stage.session(session_id)).status)


async def entry(stage: Stage, session_id: UUID, kind: str) -> LedgerEntry:
    entries = await stage.database.read(ledger.entries, session_id)
    return next(entry for entry in entries if entry.kind == kind)


async def test_the_order_of_actions(stage: Stage) -> None:
    before = state_of(stage.host)
    await act(
        stage,
        script("echo after-one >> /var/tmp/order", Phase.AFTER),
        script("echo during >> /var/tmp/order", Phase.DURING),
        script('getent passwd "$LOCUM_LOGIN" >/dev/null && echo before >> /var/tmp/order'),
        script('getent passwd "$LOCUM_LOGIN" >/dev/null && echo after-two >> /var/tmp/order', Phase.AFTER),
    )
    session_id = await begin(stage)
    order = "cat /var/tmp/order"
    assert hosts.run(stage.host, order).split() == ["before", "during"]
    assert (await stage.session(session_id)).status == Status.ACTIVE
    assert await finish(stage, session_id) == Status.COMPLETE
    assert hosts.run(stage.host, order).split() == ["before", "during", "after-one", "after-two"]
    hosts.run(stage.host, "rm /var/tmp/order")
    assert settled(stage.host, before)


async def test_a_script_knows_its_session_and_its_words_are_in_the_log(stage: Stage) -> None:
    await act(stage, script("echo $LOCUM_USER on $LOCUM_HOST as $(id -un) for $LOCUM_SESSION; seq 100", run_as=""))
    session_id = await begin(stage)
    login = (await stage.session(session_id)).login_name
    log = await stage.log(session_id)
    assert f"custom_script: Alice on web01 as {login} for {session_id}" in log
    assert "custom_script: … and 61 lines more" in log
    await finish(stage, session_id)


async def test_an_action_that_fails_ends_the_session(stage: Stage) -> None:
    """SES-05: what was made is gone, the log is kept."""
    before = state_of(stage.host)
    await act(stage, script("echo no luck; exit 7"), script("touch /var/tmp/never"))
    session_id = await begin(stage)
    assert (await stage.session(session_id)).status == Status.FAILED
    log = await stage.log(session_id)
    assert "custom_script: no luck" in log
    assert "the script ended with 7" in log
    assert await stage.states(session_id) == {EntryState.REVERTED}
    assert (await entry(stage, session_id, "custom_script")).failure_reason == 1
    assert settled(stage.host, before)


async def test_a_session_goes_on_without_an_action_that_may_fail(stage: Stage) -> None:
    before = state_of(stage.host)
    missing = {"kind": "group", "parameters": {"group": "nosuchgroup"}, "continue_on_fail": True}
    await act(stage, missing, script("echo went on"))
    session_id = await begin(stage)
    assert (await stage.session(session_id)).status == Status.ACTIVE
    log = await stage.log(session_id)
    assert "group failed, going on" in log
    assert "custom_script: went on" in log
    failed = await entry(stage, session_id, "group")
    assert (failed.failures, failed.failure_reason) == (1, 8)
    assert await finish(stage, session_id) == Status.COMPLETE
    assert settled(stage.host, before)


@pytest.mark.parametrize(("continue_on_fail", "outcome"), [(False, Status.FAILED), (True, Status.COMPLETE)])
async def test_an_action_that_fails_at_the_end_does_not_keep_the_access(
    stage: Stage, continue_on_fail: bool, outcome: Status
) -> None:
    before = state_of(stage.host)
    await act(stage, script("echo sorry; exit 9", Phase.AFTER, continue_on_fail=continue_on_fail))
    session_id = await begin(stage)
    assert await finish(stage, session_id) == outcome
    assert await stage.states(session_id) == {EntryState.REVERTED}
    log = await stage.log(session_id)
    assert "custom_script: sorry" in log
    assert "the script ended with 9" in log
    assert settled(stage.host, before)


async def test_a_script_that_does_not_end_fails_by_its_time(stage: Stage) -> None:
    await act(stage, script("sleep 600", timeout_s=1))
    session_id = await begin(stage)
    assert (await stage.session(session_id)).status == Status.FAILED
    assert (await entry(stage, session_id, "custom_script")).failure_reason == 4


@pytest.mark.parametrize(("on_mismatch", "outcome"), [("warn", Status.COMPLETE), ("fail", Status.FAILED)])
async def test_a_file_that_changed(stage: Stage, on_mismatch: str, outcome: Status) -> None:
    """ACT-08."""
    hosts.run(stage.host, "echo one > /var/tmp/watched")
    watch = {"path": "/var/tmp/watched", "on_mismatch": on_mismatch}
    await act(stage, {"kind": "file_monitor", "parameters": watch})
    session_id = await begin(stage)
    hosts.run(stage.host, "echo two > /var/tmp/watched")
    assert await finish(stage, session_id) == outcome
    assert "/var/tmp/watched was changed" in await stage.log(session_id)
    hosts.run(stage.host, "rm /var/tmp/watched")


async def test_a_requester_s_own_account_is_left_as_it_was(stage: Stage, dora: None) -> None:
    before = state_of(stage.host)
    hosts.run(stage.host, f"usermod -aG audio {LOGIN}")
    around = state_of(stage.host)
    await act(
        stage,
        {"kind": "group", "parameters": {"group": "audio"}},
        {"kind": "group", "parameters": {"group": "users"}},
        {"kind": "sudoers", "parameters": {"nopasswd": "true"}},
        login_type=LoginType.REQUESTER,
        requester_format=4,
        login_template=LOGIN,
    )
    session_id = await begin(stage)
    assert (await stage.session(session_id)).status == Status.ACTIVE, await stage.log(session_id)
    assert {"audio", "users"} <= set(hosts.run(stage.host, f"id -Gn {LOGIN}").split())
    found = {
        e.parameters["group"]: e.found for e in await stage.database.read(ledger.entries, session_id) if e.found
    }
    assert found == {"audio": {"was": "member"}, "users": {"was": "none"}}
    assert await finish(stage, session_id) == Status.COMPLETE
    assert settled(stage.host, around)
    hosts.run(stage.host, f"gpasswd -d {LOGIN} audio")
    assert settled(stage.host, before)


async def test_a_managed_account_is_shared_until_the_last_session_ends(stage: Stage, dora: None) -> None:
    """SES-11."""
    hosts.run(stage.host, f"usermod --expiredate 1 {LOGIN}")
    before = state_of(stage.host)
    await act(
        stage, login_type=LoginType.MANAGED, login_template=LOGIN, create_account=False, delete_account=False
    )
    first, second = await begin(stage), await begin(stage)

    def off() -> bool:
        return hosts.run(stage.host, f"getent shadow {LOGIN}").split(":")[7] == "1"

    assert not off()
    assert await finish(stage, first) == Status.COMPLETE
    assert not off()
    assert await finish(stage, second) == Status.COMPLETE
    assert off()
    assert settled(stage.host, before)


async def test_a_managed_account_is_made_and_deleted(stage: Stage) -> None:
    before = state_of(stage.host)
    await act(stage, login_type=LoginType.MANAGED, login_template="adm-%samaccountname%")
    session_id = await begin(stage)
    assert (await stage.session(session_id)).login_name == "adm-alice"
    assert "adm-alice" in hosts.run(stage.host, "getent passwd")
    assert await finish(stage, session_id) == Status.COMPLETE
    assert settled(stage.host, before)


async def test_a_profile_has_a_managed_account_deleted_that_the_activity_keeps(stage: Stage) -> None:
    before = state_of(stage.host)
    await act(stage, login_type=LoginType.MANAGED, login_template=LOGIN, delete_account=False)
    assert await finish(stage, await begin(stage)) == Status.COMPLETE
    assert hosts.run(stage.host, f"getent shadow {LOGIN}").split(":")[7] == "1"
    await profile(stage, delete_account=True)
    session_id = await begin(stage)
    await profile(stage, delete_account=False)  # too late for this one
    assert await finish(stage, session_id) == Status.COMPLETE
    assert settled(stage.host, before)


async def test_a_profile_that_leaves_nobody_in_a_group(stage: Stage, dora: None) -> None:
    hosts.run(stage.host, f"usermod -aG audio {LOGIN}")
    await act(
        stage,
        {"kind": "group", "parameters": {"group": "audio"}},
        {"kind": "group", "parameters": {"group": "users"}},
        login_type=LoginType.REQUESTER,
        requester_format=4,
        login_template=LOGIN,
    )
    await profile(stage, leave_in_group=False)
    first = await begin(stage)
    await profile(stage, leave_in_group=True)
    second = await begin(stage)
    assert await finish(stage, second) == Status.COMPLETE
    assert {"audio", "users"} <= set(hosts.run(stage.host, f"id -Gn {LOGIN}").split())
    assert await finish(stage, first) == Status.COMPLETE
    assert not {"audio", "users"} & set(hosts.run(stage.host, f"id -Gn {LOGIN}").split())
    words = "dora was a member of the group audio before; the connection profile leaves nobody there"
    assert words in await stage.log(first)
    assert "was a member of the group users" not in await stage.log(first)
    assert words not in await stage.log(second)
    taken_out = sa.select(audit_event.c.object_id).where(audit_event.c.action == "session.member_taken_out")
    assert await stage.database.read(lambda tx: tx.scalars(taken_out)) == [first]
