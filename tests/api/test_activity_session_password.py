"""The password of one's own session: to its owner alone, while it runs, as its connection profile allows."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import SESSIONS, Estate, made, problem
from locum.activities.model import connection_profile
from locum.kit.db import Tx
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.password import PASSWORD_PURPOSE
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

PASSWORD = "canary-päss word"


async def with_password(estate: Estate) -> str:
    """Ada's session on something that takes a password."""
    session_id: str = (await estate.ask())["id"]

    def keep(tx: Tx) -> None:
        secret = estate.callers.api.vault.put(tx, Secret(PASSWORD), purpose=PASSWORD_PURPOSE)
        tx.run(
            sa.update(access_session)
            .where(access_session.c.id == UUID(session_id))
            .values(password_secret_id=secret)
        )

    estate.database.submit_write(keep).result()
    return session_id


def allow(estate: Estate, **values: bool | int | None) -> None:
    estate.database.submit_write(lambda tx: tx.run(sa.update(connection_profile).values(**values))).result()


@pytest.mark.sees_effect("ActivitySession.CopyPasswordAsync", "ActivitySession.ViewPasswordAsync")
async def test_its_owner_copies_it_while_the_session_runs(estate: Estate) -> None:
    session_id = await with_password(estate)
    path, can = f"{SESSIONS}/{session_id}/Password", f"{SESSIONS}/{session_id}/CanViewPassword"
    assert "not active" in problem(await estate.ada.get(path), 403)["detail"]
    assert await estate.get(estate.ada, can) is False
    estate.become(session_id, Status.ACTIVE)
    answer = await estate.ada.get(path)
    assert (answer.text, answer.headers["content-type"]) == (PASSWORD, "text/plain; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert estate.audited("session.password_shown", session_id) == 1
    log = (await estate.get(estate.ada, f"{SESSIONS}/{session_id}/Log"))["lines"]
    assert PASSWORD not in str(log)
    assert await estate.get(estate.ada, can) is False  # copied, not shown, says the profile
    allow(estate, allow_view_password=True)
    assert await estate.get(estate.ada, can) is True
    allow(estate, allow_password_access=False)
    assert "shows nobody the password" in problem(await estate.ada.get(path), 403)["detail"]
    assert estate.audited("session.password_shown", session_id) == 1


@pytest.mark.sees_effect("ConnectionProfile.Put")
async def test_clients_are_told_what_they_may_do_with_it(estate: Estate) -> None:
    session_id = await with_password(estate)
    (profile,) = await estate.get(estate.admin, "/api/v1/ConnectionProfile")

    async def told() -> tuple[bool, bool, int]:
        row = await estate.get(estate.ada, f"{SESSIONS}/SummaryById/{session_id}")
        return row["canViewPassword"], row["canAutofillPassword"], row["viewPasswordInSeconds"]

    async def set_profile(**values: object) -> None:
        made(await estate.admin.put(f"/api/v1/ConnectionProfile/{profile['id']}", values))

    assert await told() == (False, False, 0)
    estate.become(session_id, Status.ACTIVE)
    assert await told() == (False, True, 0)
    assert "view-password-in-seconds" not in (await estate.ada.get(f"{SESSIONS}/{session_id}/Password")).headers
    await set_profile(viewPasswordInSeconds=20, allowViewPassword=True)
    assert await told() == (True, True, 20)
    answer = await estate.ada.get(f"{SESSIONS}/{session_id}/Password")
    assert (answer.text, answer.headers["view-password-in-seconds"]) == (PASSWORD, "20")
    await set_profile(allowPasswordAccess=False)
    assert await told() == (True, False, 20)
    await set_profile(allowPasswordAccess=True, allowAutofillPassword=False)
    assert await told() == (True, False, 20)
    made(await estate.admin.put(f"{SESSIONS}/lock", {"activitySessionIds": [session_id], "locked": True}))
    assert await told() == (False, False, 20)


async def test_nobody_else_does(estate: Estate) -> None:
    session_id = await with_password(estate)
    estate.become(session_id, Status.ACTIVE)
    allow(estate, allow_view_password=True)
    for who in (estate.eve, estate.callers.application("robot")):
        problem(await who.get(f"{SESSIONS}/{session_id}/Password"), 404)
        problem(await who.get(f"{SESSIONS}/{session_id}/CanViewPassword"), 404)
    problem(await estate.admin.get(f"{SESSIONS}/{session_id}/Password"), 404)
    assert await estate.get(estate.admin, f"{SESSIONS}/{session_id}/CanViewPassword") is False
    assert estate.audited("session.password_shown", session_id) == 0


async def test_a_session_without_one(estate: Estate) -> None:
    session_id = (await estate.ask())["id"]
    estate.become(session_id, Status.ACTIVE)
    problem(await estate.ada.get(f"{SESSIONS}/{session_id}/Password"), 404)
    assert await estate.get(estate.ada, f"{SESSIONS}/{session_id}/CanViewPassword") is False


async def test_a_lock_and_the_profile_s_rules_hold_for_it_too(estate: Estate) -> None:
    """It is the only gate of a session that does not pass the gateway."""
    session_id = await with_password(estate)
    estate.become(session_id, Status.ACTIVE)
    path = f"{SESSIONS}/{session_id}/Password"
    for locked, status in ((True, 403), (False, 200)):
        made(await estate.admin.put(f"{SESSIONS}/lock", {"activitySessionIds": [session_id], "locked": locked}))
        assert (await estate.ada.get(path)).status_code == status
    (profile,) = await estate.get(estate.admin, "/api/v1/ConnectionProfile")
    rules = f"/api/locum/v1/ConnectionProfile/{profile['id']}/AddressRule"
    made(await estate.admin.put(rules, [{"address": "203.0.113.0/24", "allowed": True, "type": 2}]))
    problem(await estate.ada.get(path), 403)
    assert estate.audited("session.password_shown", session_id) == 1
