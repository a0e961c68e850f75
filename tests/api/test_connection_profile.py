"""The list of connection profiles, and what SSH keys are worth under each."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import Estate, problem
from locum.activities.model import SshKeyUse, connection_profile
from locum.kit.ids import new_id
from locum.sessions.wanted import Wanted, ssh_key_use

pytestmark = pytest.mark.anyio

PROFILES = "/api/v1/ConnectionProfile"


@pytest.mark.sees_effect("ConnectionProfile.GetAll")
async def test_it_shows_what_sessions_are_like(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PROFILES)
    assert (default["name"], default["type"], default["isDefault"]) == ("Default", 1, True)
    assert (default["record"], default["maxSessionLength"]) == (True, 60)
    assert (await estate.ask())["activityConfigurationId"] == default["id"]
    change = sa.update(connection_profile).values(max_session_minutes=5)
    estate.database.submit_write(lambda tx: tx.run(change)).result()
    (default,) = await estate.get(estate.callers.application("robot"), PROFILES.lower())
    assert default["maxSessionLength"] == 5


async def test_users_do_not_see_them(estate: Estate) -> None:
    problem(await estate.ada.get(PROFILES), 403)


@pytest.mark.sees_effect("ConnectionProfile.SetSshKeyUse")
@pytest.mark.sees_effect("ConnectionProfile.GetSshKeyUse")
async def test_what_ssh_keys_are_worth_is_set_for_a_profile(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PROFILES)
    path = f"/api/locum/v1/ConnectionProfile/{default['id']}/SshKeyUse"
    assert await estate.get(estate.admin, path) == {"sshKeyUse": "first"}
    wanted = Wanted("ada", "Linux_sudo", "web01")
    for use in SshKeyUse:
        answer = await estate.admin.put(path, {"sshKeyUse": use.upper()})
        assert (answer.status_code, answer.json()) == (200, {"sshKeyUse": use})
        assert await estate.get(estate.admin, path) == {"sshKeyUse": use}
        found = estate.database.submit_read(ssh_key_use, UUID(estate.ids["ada"]), wanted).result()
        assert found is use
    assert estate.audited("connection_profile.changed", default["id"]) == len(SshKeyUse)


async def test_only_administrators_set_it_and_only_to_what_there_is(estate: Estate) -> None:
    (default,) = await estate.get(estate.admin, PROFILES)
    path = f"/api/locum/v1/ConnectionProfile/{default['id']}/SshKeyUse"
    for stranger in (estate.ada, estate.callers.application("robot")):
        problem(await stranger.get(path), 403)
        problem(await stranger.put(path, {"sshKeyUse": "any"}), 403)
    wrong = problem(await estate.admin.put(path, {"sshKeyUse": "both"}), 400)
    assert "off, first, security_key, any" in str(wrong)
    unknown = f"/api/locum/v1/ConnectionProfile/{new_id()}/SshKeyUse"
    problem(await estate.admin.get(unknown), 404)
    problem(await estate.admin.put(unknown, {"sshKeyUse": "any"}), 404)
    assert await estate.get(estate.admin, path) == {"sshKeyUse": "first"}
