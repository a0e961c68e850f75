"""Applications and their one key over the API, each effect seen somewhere else than in its own answer."""

from __future__ import annotations

from uuid import uuid4

import pytest
import sqlalchemy as sa

from account_calls import BASE, SEARCH, application, assert_problem, local_user, new_key
from audited import details
from identities_world import Callers
from locum.identities import api_keys
from locum.identities.caller import Role
from locum.identities.model import identity
from locum.kit.db import Database

pytestmark = pytest.mark.anyio


class TestApiKeys:
    @pytest.mark.sees_effect(
        "ManagedAccount.CreateApplicationUser",
        "ManagedAccount.GenerateApiKeyAsync",
        "ManagedAccount.RevealApiKeyAsync",
    )
    async def test_the_newest_key_works_and_the_old_one_is_dead(
        self, callers: Callers, database: Database
    ) -> None:
        admin = callers.person("root", Role.ADMIN)
        robot = await application(admin)
        old = await new_key(admin, robot)
        assert api_keys.well_formed(old)
        assert (await callers.bearing(old).get(SEARCH)).status_code == 200
        new = await new_key(admin, robot)
        assert new != old
        assert (await callers.bearing(old).get(SEARCH)).status_code == 401
        assert (await callers.bearing(new).get(SEARCH)).status_code == 200
        assert len(details(database, "application.created", robot)) == 1
        assert len(details(database, "api_key.generated", robot)) == 2
        assert len(details(database, "api_key.revealed", robot)) == 2

    async def test_with_and_without_bearer(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        key = await new_key(admin, await application(admin))
        for scheme in ("", "Bearer ", "bearer ", "BEARER  "):
            answer = await callers.nobody().http.get(SEARCH, headers={"Authorization": scheme + key})
            assert answer.status_code == 200

    async def test_an_application_may_rotate_its_own(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        robot = await application(admin)
        first = callers.bearing(await new_key(admin, robot))
        assert (await first.put(f"{BASE}/GenerateApiKey/{robot}")).status_code == 200
        assert (await first.get(SEARCH)).status_code == 401

    async def test_only_applications_have_keys(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada = callers.world.person("ada")
        for answer in (
            await admin.put(f"{BASE}/GenerateApiKey/{ada.id}"),
            await admin.get(f"{BASE}/RevealApiKey/{ada.id}"),
        ):
            assert_problem(answer, 400)

    async def test_unknown_malformed_and_keyless(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        robot = await application(admin)
        assert_problem(await admin.get(f"{BASE}/RevealApiKey/{robot}"), 404)
        for path in (f"{BASE}/GenerateApiKey", f"{BASE}/RevealApiKey"):
            method = "PUT" if "Generate" in path else "GET"
            assert_problem(await admin.http.request(method, f"{path}/{uuid4()}"), 404)
            assert_problem(await admin.http.request(method, f"{path}/not-a-guid"), 400)
            assert_problem(await callers.nobody().http.request(method, f"{path}/not-a-guid"), 401)
            assert_problem(await callers.person(method, Role.USER).http.request(method, f"{path}/not-a-guid"), 403)

    async def test_no_answer_but_reveal_shows_a_key(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        robot = await application(admin)
        key = await new_key(admin, robot)
        assert key not in (await admin.get(SEARCH)).text

    async def test_a_locked_application_is_out_at_once(self, callers: Callers, database: Database) -> None:
        robot = callers.application("robot")
        assert (await robot.get(SEARCH)).status_code == 200
        database.submit_write(lambda tx: tx.run(sa.update(identity).values(locked=True))).result()
        assert (await robot.get(SEARCH)).status_code == 401


async def test_applications_are_made_by_administrators_alone(callers: Callers) -> None:
    for caller in (callers.application("robot"), callers.person("ada"), callers.person("judge", Role.REVIEWER)):
        assert_problem(await caller.post(f"{BASE}/CreateApplicationUser", {"name": "another"}), 403)
    assert_problem(await callers.person("ada2").post(f"{BASE}/CreateLocalUser", local_user("x")), 403)
    assert (await callers.application("r2").post(f"{BASE}/CreateLocalUser", local_user("x"))).status_code == 200


async def test_an_application_keeps_its_certificate_serial(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    made = await admin.post(
        f"{BASE}/CreateApplicationUser", {"name": "robot", "certificateSerialNumber": "0a bc 12"}
    )
    assert (made.json()["entityType"], made.json()["certificateSerialNumber"]) == (2, "0abc12")


@pytest.mark.sees_effect(
    "ManagedAccount.UpdateApplicationUserAsync", "ManagedAccount.ListApplicationUsersNameAndIdsAsync"
)
async def test_an_application_is_changed_by_putting_its_view_back(callers: Callers, database: Database) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin, serial="0abc")
    view = (await admin.get(f"{BASE}/ManagedAccountView/{robot}")).json()
    sent = {
        **view,
        "name": "Robot 2",
        "department": "Night shift",
        "certificateSerialNumber": "0D EF",
        "locked": True,
    }
    changed = await admin.put(f"{BASE}/UpdateApplicationUser", sent)
    assert changed.status_code == 200
    seen = (await admin.get(f"{BASE}/ManagedAccountView/{robot}")).json()
    assert seen == changed.json()
    assert (seen["department"], seen["certificateSerialNumber"], seen["locked"]) == ("Night shift", "0DEF", False)
    listed = (await admin.get(f"{BASE}/ListApplicationUsersNameAndIds")).json()
    assert listed == [{"id": robot, "name": "Robot 2"}]
    assert len(details(database, "identity.changed", robot)) == 1
    for bad, status in (
        ({**sent, "id": None}, 400),
        ({**sent, "name": None}, 400),
        ({**sent, "certificateSerialNumber": "xyz"}, 400),
        ({**sent, "id": str(uuid4())}, 404),
        ({**sent, "id": str(callers.world.person("ada").id)}, 404),
    ):
        assert_problem(await admin.put(f"{BASE}/UpdateApplicationUser", bad), status)
    assert (await admin.get(f"{BASE}/ManagedAccountView/{robot}")).json() == seen


@pytest.mark.sees_effect("ManagedAccount.DeleteMultipleApplicationUsersAsync")
async def test_several_are_deleted_at_once(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    robots = [await application(admin, name) for name in ("one", "two", "three")]
    key = await new_key(admin, robots[0])
    ada = callers.world.person("ada")
    sent = [robots[0], robots[1], robots[1], str(ada.id), str(uuid4())]
    counts = await admin.post(f"{BASE}/DeleteMultipleApplicationUsers", sent)
    assert counts.json() == {"item1": 2, "item2": 2}
    listed = (await admin.get(f"{BASE}/ListApplicationUsersNameAndIds")).json()
    assert [row["name"] for row in listed] == ["three"]
    assert (await callers.bearing(key).get(SEARCH)).status_code == 401
    assert_problem(
        await callers.application("robot").post(f"{BASE}/DeleteMultipleApplicationUsers", [robots[2]]), 403
    )


async def test_a_key_with_bounds_makes_and_shows_no_keys(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    made = await admin.post(f"/api/locum/v1/Application/{robot}/ApiKey", {"addresses": ["192.0.2.0/24"]})
    bounded = callers.bearing(made.json()["key"])
    assert (await bounded.get(SEARCH)).status_code == 200
    for answer in (
        await bounded.put(f"{BASE}/GenerateApiKey/{robot}"),
        await bounded.get(f"{BASE}/RevealApiKey/{robot}"),
    ):
        assert_problem(answer, 403)
        assert "with bounds" in answer.json()["detail"]
    assert (await bounded.get(SEARCH)).status_code == 200


async def test_where_revealing_is_off(callers: Callers) -> None:
    admin = callers.person("root", Role.ADMIN)
    robot = await application(admin)
    key = await new_key(admin, robot)
    await admin.put("/api/locum/v1/SignInPolicy", {"revealApiKeys": False})
    assert_problem(await admin.get(f"{BASE}/RevealApiKey/{robot}"), 403)
    assert_problem(await admin.put(f"{BASE}/GenerateApiKey/{robot}"), 409)
    assert (await callers.bearing(key).get(SEARCH)).status_code == 200
