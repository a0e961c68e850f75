"""Accounts of every kind over the API: found, locked, without a factor, deleted."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from account_calls import BASE, SEARCH, assert_problem, first_step, local_user
from audited import details
from identities_world import Callers
from locum.identities import people
from locum.identities.caller import Role
from locum.kit.db import Database

pytestmark = pytest.mark.anyio


class TestSearch:
    async def test_pages_orders_and_filters(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        for name in ("cleo", "ada", "Bob"):
            callers.world.person(name, enrolled=False)
        robot = callers.world.application("robot")
        names = [row["name"] for row in (await admin.get(SEARCH, orderBy="Name")).json()["data"]]
        assert names == ["ada", "Bob", "cleo", "robot", "root"]
        page = (await admin.get(SEARCH, OrderBy="name", orderDescending="true", SKIP=1, take=2)).json()
        assert ([row["name"] for row in page["data"]], page["recordsTotal"]) == (["robot", "cleo"], 5)
        assert (await admin.get(SEARCH, take=0)).json() == {"data": [], "recordsTotal": 5}
        for kind in ("2", "Application", "application"):
            found = (await admin.get(SEARCH, filterEntityType=kind)).json()
            assert [row["id"] for row in found["data"]] == [str(robot.id)]
        assert (await admin.get(SEARCH, domainConfigId=str(uuid4()))).json()["recordsTotal"] == 0
        assert (await admin.get(SEARCH, resourceId=str(uuid4()))).json()["recordsTotal"] == 0
        nil = "00000000-0000-0000-0000-000000000000"
        assert (await admin.get(SEARCH, domainConfigId=nil, resourceId="")).json()["recordsTotal"] == 5

    async def test_bad_parameters_are_400(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        for name, value in (("orderBy", "passwordHash"), ("take", "-1"), ("filterEntityType", "9")):
            assert_problem(await admin.get(SEARCH, **{name: value}), 400)

    async def test_who_may_list(self, callers: Callers) -> None:
        assert (await callers.person("judge", Role.REVIEWER).get(SEARCH)).status_code == 200
        assert_problem(await callers.person("ada").get(SEARCH), 403)
        assert_problem(await callers.nobody().get(SEARCH), 401)


class TestOne:
    @pytest.mark.sees_effect(
        "ManagedAccount.GetManagedAccountByIdAsync", "ManagedAccount.GetManagedAccountViewByManagedAccountIdAsync"
    )
    async def test_by_its_id(self, callers: Callers, database: Database) -> None:
        admin = callers.person("root", Role.ADMIN)
        made = (await admin.post(f"{BASE}/CreateLocalUser", local_user("ada", email="ada@example.org"))).json()
        info = (await admin.get(f"{BASE}/ByManagedId/{made['id']}")).json()
        assert (info["id"], info["userId"], info["loginId"]) == (made["id"], made["id"], "ada")
        assert (info["email"], info["type"], info["locked"]) == ("ada@example.org", "Local", False)
        row = database.submit_read(people.get, UUID(made["id"])).result()
        assert info["createdDateTimeUtc"][:19] == row.created_at.isoformat()[:19]
        assert (await admin.get(f"{BASE}/ManagedAccountView/{made['id']}")).json() == made
        for path in ("ByManagedId", "ManagedAccountView"):
            assert_problem(await admin.get(f"{BASE}/{path}/{uuid4()}"), 404)
            assert_problem(await callers.person(path.lower()).get(f"{BASE}/{path}/{made['id']}"), 403)


class TestLock:
    @pytest.mark.sees_effect("ManagedAccount.LockManagedAccountAsync", "ManagedAccount.UnlockManagedAccountAsync")
    async def test_a_lock_counts_at_once_and_comes_off(self, callers: Callers, database: Database) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada = callers.person("ada")
        ada_id = (await ada.get("/api/locum/v1/SignIn/Current")).json()["identityId"]
        locked = await admin.post(f"{BASE}/{ada_id}/Lock")
        assert (locked.status_code, locked.json()["locked"]) == (200, True)
        assert (await ada.get("/api/v1/UserToken")).status_code == 401
        assert (await first_step(callers.nobody(), "ada")).status_code == 401
        assert (await admin.get(f"{BASE}/ManagedAccountView/{ada_id}")).json()["locked"] is True
        unlocked = await admin.post(f"{BASE}/{ada_id}/Unlock")
        assert (unlocked.status_code, unlocked.json()["locked"]) == (200, False)
        assert (await first_step(callers.nobody(), "ada")).status_code == 200
        assert (await ada.get("/api/v1/UserToken")).status_code == 401  # a sign-in does not come back
        for action in ("identity.locked", "identity.unlocked"):
            assert len(details(database, action, ada_id)) == 1

    async def test_unlocking_forgets_wrong_tries(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada = callers.world.person("ada")
        for _ in range(5):
            await first_step(callers.nobody(), "ada", "a wrong password")
        assert (await first_step(callers.nobody(), "ada")).status_code == 401
        view = (await admin.get(f"{BASE}/ManagedAccountView/{ada.id}")).json()
        assert view["lockoutEnd"] is not None
        await admin.post(f"{BASE}/{ada.id}/Unlock")
        assert (await first_step(callers.nobody(), "ada")).status_code == 200
        assert (await admin.get(f"{BASE}/ManagedAccountView/{ada.id}")).json()["lockoutEnd"] is None

    async def test_who_and_whom(self, callers: Callers) -> None:
        admin, robot = callers.person("root", Role.ADMIN), callers.application("robot")
        ada = callers.world.person("ada")
        root = (await admin.get("/api/locum/v1/SignIn/Current")).json()["identityId"]
        answer = await admin.post(f"{BASE}/{root}/Lock")
        assert_problem(answer, 409)
        assert "last administrator" in answer.json()["detail"]
        for verb in ("Lock", "Unlock"):
            assert_problem(await admin.post(f"{BASE}/{uuid4()}/{verb}"), 404)
            assert_problem(await callers.person(verb.lower()).post(f"{BASE}/{ada.id}/{verb}"), 403)
            assert (await robot.post(f"{BASE}/{ada.id}/{verb}")).status_code == 200


class TestResetMfa:
    @pytest.mark.sees_effect("ManagedAccount.ResetMfaAsync")
    async def test_the_old_codes_are_dead_and_a_new_factor_is_enrolled(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada = callers.world.person("ada")
        assert (await admin.put(f"{BASE}/ResetMFA/{ada.id}")).status_code == 200
        pending = callers.bearing((await first_step(callers.nobody(), "ada")).json())
        for code in (ada.totp.now(), ada.recovery_codes[0]):
            answer = await pending.http.post("/signin2fa", content=code)
            assert_problem(answer, 403)
            assert "enrolled first" in answer.json()["detail"]
        assert (await pending.post("/api/locum/v1/SecondFactor/Totp")).status_code == 200

    async def test_whose(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada, robot = callers.world.person("ada"), callers.world.application()
        assert_problem(await admin.put(f"{BASE}/ResetMFA/{robot.id}"), 400)
        assert_problem(await admin.put(f"{BASE}/ResetMFA/{uuid4()}"), 404)
        for caller in (callers.person("eve"), callers.application("bot")):
            assert_problem(await caller.put(f"{BASE}/ResetMFA/{ada.id}"), 403)


class TestDelete:
    @pytest.mark.sees_effect("ManagedAccount.DeleteAsync")
    async def test_nothing_of_it_works_and_its_name_is_free(self, callers: Callers, database: Database) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada = callers.person("ada")
        ada_id = (await ada.get("/api/locum/v1/SignIn/Current")).json()["identityId"]
        gone = await admin.http.delete(f"{BASE}/{ada_id}")
        assert (gone.status_code, gone.json()) == (202, ada_id)
        assert (await ada.get("/api/v1/UserToken")).status_code == 401
        assert (await first_step(callers.nobody(), "ada")).status_code == 401
        assert (await admin.get(SEARCH, filterText="ada")).json()["recordsTotal"] == 0
        for path in (f"{BASE}/ByManagedId/{ada_id}", f"{BASE}/ManagedAccountView/{ada_id}"):
            assert_problem(await admin.get(path), 404)
        assert_problem(await admin.http.delete(f"{BASE}/{ada_id}"), 404)
        again = await admin.post(f"{BASE}/CreateLocalUser", local_user("ADA"))
        assert again.json()["id"] != ada_id
        assert details(database, "identity.deleted", ada_id) == [{"name": "ada"}]

    @pytest.mark.sees_effect("ManagedAccount.DeleteMultipleAsync")
    async def test_several_of_any_kind(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada, robot = callers.world.person("ada"), callers.world.application()
        root = (await admin.get("/api/locum/v1/SignIn/Current")).json()["identityId"]
        sent = [{"id": str(ada.id), "entityType": 4}, {"id": str(robot.id)}, {"id": root}, {"id": str(uuid4())}]
        path = f"{BASE}/DeleteMultiple"
        assert (await admin.post(f"{path}?includeFailCount=true", sent)).json() == {"item1": 2, "item2": 2}
        assert (await admin.post(path, sent)).json() == {"item1": 0, "item2": 0}
        assert [row["name"] for row in (await admin.get(SEARCH)).json()["data"]] == ["root"]

    async def test_the_last_administrator_stays(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        root = (await admin.get("/api/locum/v1/SignIn/Current")).json()["identityId"]
        for caller in (admin, callers.application("robot")):
            assert_problem(await caller.http.delete(f"{BASE}/{root}"), 409)
        deputy = callers.person("deputy", Role.ADMIN)
        assert (await deputy.http.delete(f"{BASE}/{root}")).status_code == 202
        assert (await admin.get(SEARCH)).status_code == 401
