"""Accounts of sessions are called as their activity's template says, and so on the host (ACT-03)."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from demo import hosts
from hosts import settled, state_of
from locum.activities.model import activity, connection_profile
from locum.credentials.complexities import add_complexity
from locum.identities.model import identity
from locum.kit.db import Tx
from locum.kit.errors import Invalid
from locum.sessions.lifecycle import Status
from stage import Stage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def call_it(stage: Stage, template: str | None) -> None:
    def change(tx: Tx) -> None:
        tx.run(sa.update(activity).values(login_template=template))
        tx.run(sa.update(identity).where(identity.c.name == "Alice").values(email="a.liddell@example.org"))

    await stage.database.write(change)


async def demand(stage: Stage, rule: dict[str, object]) -> None:
    """Let the connection profile have this complexity."""
    made = await stage.database.write(add_complexity, ACTOR, name="Tokens", rule=rule)
    change = sa.update(connection_profile).values(token_complexity_id=made.id)
    await stage.database.write(lambda tx: tx.run(change))


async def test_the_template_names_the_account_on_the_host(stage: Stage) -> None:
    before = state_of(stage.host)
    await call_it(stage, "%replace(%email-username%,.,-)/replace%-%first(%sessionid%,6)/first%")
    session_id = await stage.ask()
    await stage.turn()
    session = await stage.session(session_id)
    assert session.status == Status.ACTIVE
    assert session.login_name == f"a-liddell-{session_id.hex[:6]}"
    assert session.login_name in hosts.run(stage.host, "getent passwd")
    await stage.end(session_id)
    await stage.turn()
    assert settled(stage.host, before)


async def test_a_name_the_platform_does_not_take_is_told_at_once(stage: Stage) -> None:
    await call_it(stage, "%email%")
    with pytest.raises(Invalid, match="no account can have on Linux"):
        await stage.ask()


async def test_a_name_that_is_somebody_s_is_left_alone(stage: Stage) -> None:
    before = state_of(stage.host)
    await call_it(stage, "nobody")
    session_id = await stage.ask()
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.FAILED
    assert "exists and is not this session's" in await stage.log(session_id)
    assert settled(stage.host, before)


async def test_without_a_template_each_session_has_a_name_of_its_own(stage: Stage) -> None:
    names = {(await stage.session(await stage.ask())).login_name for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("alice-") for name in names)


async def test_the_profile_s_complexity_names_the_account_on_the_host(stage: Stage) -> None:
    before = state_of(stage.host)
    rule = {"type": 1, "lower_case": True, "upper_case": True, "numeric": True, "length": 9}
    await demand(stage, rule)
    session_id = await stage.ask()
    await stage.turn()
    session = await stage.session(session_id)
    assert session.status == Status.ACTIVE
    assert re.fullmatch("[a-z][a-z0-9]{8}", session.login_name)
    assert session.login_name in hosts.run(stage.host, "getent passwd")
    await stage.end(session_id)
    await stage.turn()
    assert settled(stage.host, before)
    await call_it(stage, "t-%first(%sessionid%,6)/first%")
    assert (await stage.session(await stage.ask())).login_name.startswith("t-")


async def test_a_complexity_of_passwords_names_nobody(stage: Stage) -> None:
    await demand(stage, {"type": 0, "lower_case": True, "length": 9})
    assert (await stage.session(await stage.ask())).login_name.startswith("alice-")
