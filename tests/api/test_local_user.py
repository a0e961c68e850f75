"""Local users over the API: made, changed, their passwords, deleted."""

from __future__ import annotations

from uuid import uuid4

import pytest

from account_calls import BASE, NEW_PASSWORD, SEARCH, assert_problem, first_step, local_user
from audited import details
from identities_world import PASSWORD, Callers
from locum.identities.caller import Role
from locum.kit.db import Database

pytestmark = pytest.mark.anyio


class TestLocalUsers:
    @pytest.mark.sees_effect("ManagedAccount.CreateLocalUserAsync", "ManagedAccount.Search")
    async def test_a_new_user_signs_in_and_is_listed(self, callers: Callers, database: Database) -> None:
        admin = callers.person("root", Role.ADMIN)
        made = await admin.post(
            f"{BASE}/CreateLocalUser", local_user("Ada Lovelace", email="ada@example.org", displayName="Ada")
        )
        assert made.status_code == 200
        view = made.json()
        assert (view["entityType"], view["name"], view["email"]) == (4, "Ada Lovelace", "ada@example.org")
        assert (view["locked"], view["isReviewer"], view["activeSessionCount"]) == (False, False, 0)
        sent = {"Login": "ada lovelace", "Password": PASSWORD}
        assert (await callers.nobody().post("/signinBody", sent)).status_code == 200
        found = (await admin.get(SEARCH, filterText="LOVELACE", filterEntityType="local")).json()
        assert (found["recordsTotal"], found["data"]) == (1, [view])
        assert len(details(database, "local_user.created", view["id"])) == 1

    async def test_a_name_is_taken_in_every_spelling(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        callers.world.person("ada")
        for name in ("ada", "ADA", " ada\t", "ａｄａ"):
            for answer in (
                await admin.post(f"{BASE}/CreateLocalUser", local_user(name)),
                await admin.post(f"{BASE}/CreateApplicationUser", {"name": name}),
            ):
                assert_problem(answer, 400)
                assert "name" in answer.json()["errors"]

    async def test_a_bad_password_is_said_and_not_shown(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        for password, limit in (("short1!", "8"), ("x" * 257, "256")):
            answer = await admin.post(f"{BASE}/CreateLocalUser", local_user("ada", password))
            assert_problem(answer, 400)
            assert limit in answer.json()["detail"]
            assert password not in answer.text
        assert (await admin.get(SEARCH, filterText="ada")).json()["recordsTotal"] == 0

    async def test_incomplete_requests_are_400(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        for sent in ({}, {"managedAccountView": {"name": "x"}}, local_user(""), local_user("a\u200bb")):
            assert_problem(await admin.post(f"{BASE}/CreateLocalUser", sent), 400)

    async def test_what_the_server_owns_is_ignored(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        chosen = str(uuid4())
        sent = local_user("ada", id=chosen, locked=True, isReviewer=True, entityType=2, activeSessionCount=7)
        view = (await admin.post(f"{BASE}/CreateLocalUser", sent)).json()
        assert view["id"] != chosen
        assert (view["locked"], view["isReviewer"], view["entityType"], view["activeSessionCount"]) == (
            False,
            False,
            4,
            0,
        )

    async def test_a_new_user_must_change_the_password_where_asked(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        await admin.post(f"{BASE}/CreateLocalUser", {**local_user("ada"), "changePasswordNextLogin": True})
        pending = (await callers.nobody().post("/signinBody", {"Login": "ada", "Password": PASSWORD})).json()
        answer = await callers.bearing(pending).put(
            f"{BASE}/ChangeLocalUserPassword",
            {"passwordOld": PASSWORD, "passwordNew": "another horse battery"},
            forced="true",
        )
        assert answer.status_code == 200

    @pytest.mark.sees_effect("ManagedAccount.UpdateLocalUserAsync", "ManagedAccount.ListLocalUsersNameAndIdsAsync")
    async def test_putting_the_view_back_changes_names_alone(self, callers: Callers, database: Database) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada = callers.world.person("ada")
        view = (await admin.get(f"{BASE}/ManagedAccountView/{ada.id}")).json()
        sent = {**view, "name": "Ada B.", "email": "ada@example.org", "locked": True, "isReviewer": True}
        changed = await admin.put(f"{BASE}/UpdateLocalUser", {**sent, "lockoutEnd": "2099-01-01T00:00:00Z"})
        assert changed.status_code == 200
        seen = (await admin.get(f"{BASE}/ManagedAccountView/{ada.id}")).json()
        assert seen == changed.json() == {**view, "name": "Ada B.", "email": "ada@example.org"}
        listed = (await admin.get(f"{BASE}/ListLocalUsersNameAndIds")).json()
        assert [row["name"] for row in listed] == ["Ada B.", "root"]
        assert (await first_step(callers.nobody(), "ada b.")).status_code == 200
        assert (await first_step(callers.nobody(), "ada")).status_code == 401
        robot = callers.world.application()
        for bad, status in (
            ({**sent, "id": None}, 400),
            ({**sent, "name": "ROOT"}, 400),
            ({**sent, "id": str(robot.id)}, 404),
        ):
            assert_problem(await admin.put(f"{BASE}/UpdateLocalUser", bad), status)

    @pytest.mark.sees_effect("ManagedAccount.DeleteMultipleLocalUsersAsync")
    async def test_several_are_deleted_at_once(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada = callers.world.person("ada")
        callers.world.person("eve")
        robot = callers.world.application()
        root = (await admin.get("/api/locum/v1/SignIn/Current")).json()["identityId"]
        sent = [str(ada.id), str(robot.id), root]
        assert (await admin.post(f"{BASE}/DeleteMultipleLocalUsers", sent)).json() == {"item1": 1, "item2": 2}
        listed = (await admin.get(f"{BASE}/ListLocalUsersNameAndIds")).json()
        assert [row["name"] for row in listed] == ["eve", "root"]
        assert (await first_step(callers.nobody(), "ada")).status_code == 401
        assert (await first_step(callers.nobody(), "eve")).status_code == 200


class TestPasswords:
    @pytest.mark.sees_effect("ManagedAccount.ResetLocalUserPasswordAsync")
    async def test_a_reset_ends_all_and_has_the_user_choose_anew(
        self, callers: Callers, database: Database
    ) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada = callers.person("ada")
        ada_id = (await ada.get("/api/locum/v1/SignIn/Current")).json()["identityId"]
        path = f"{BASE}/ResetLocalUserPassword/{ada_id}"
        answer = await admin.put(path, {"managedAccountId": ada_id, "passwordNew": NEW_PASSWORD})
        assert (answer.status_code, answer.content) == (200, b"")
        assert (await ada.get("/api/v1/UserToken")).status_code == 401
        assert (await first_step(callers.nobody(), "ada")).status_code == 401
        pending = callers.bearing((await first_step(callers.nobody(), "ada", NEW_PASSWORD)).json())
        refused = await pending.http.post("/signin2fa", content="0")
        assert_problem(refused, 403)
        assert "changed first" in refused.json()["detail"]
        chosen = {"passwordOld": NEW_PASSWORD, "passwordNew": "a third horse battery"}
        token = await pending.put(f"{BASE}/ChangeLocalUserPassword", chosen, forced="true")
        assert token.status_code == 200
        assert len(details(database, "password.reset", ada_id)) == 1

    async def test_resets_that_are_refused(self, callers: Callers) -> None:
        admin = callers.person("root", Role.ADMIN)
        ada, robot = callers.world.person("ada"), callers.world.application()
        for who, sent, status in (
            (ada.id, {"passwordNew": "short"}, 400),
            (ada.id, {"passwordNew": PASSWORD}, 400),
            (ada.id, {}, 400),
            (ada.id, {"managedAccountId": str(uuid4()), "passwordNew": NEW_PASSWORD}, 400),
            (robot.id, {"passwordNew": NEW_PASSWORD}, 400),
            (uuid4(), {"passwordNew": NEW_PASSWORD}, 404),
        ):
            answer = await admin.put(f"{BASE}/ResetLocalUserPassword/{who}", sent)
            assert_problem(answer, status)
            assert NEW_PASSWORD not in answer.text
        for caller in (callers.person("eve"), callers.application("bot")):
            answer = await caller.put(f"{BASE}/ResetLocalUserPassword/{ada.id}", {"passwordNew": NEW_PASSWORD})
            assert_problem(answer, 403)
        assert (await first_step(callers.nobody(), "ada")).status_code == 200

    @pytest.mark.sees_effect("ManagedAccount.ChangeLocalUserPasswordAsync")
    async def test_one_s_own_change_ends_every_other_sign_in(self, callers: Callers) -> None:
        ada = callers.person("ada")
        elsewhere = callers.bearing((await ada.get("/api/v1/UserToken")).json())
        sent = {"username": "ADA", "passwordOld": PASSWORD, "passwordNew": NEW_PASSWORD}
        changed = await ada.put(f"{BASE}/ChangeLocalUserPassword", sent)
        assert changed.status_code == 200
        for old in (ada, elsewhere):
            assert (await old.get("/api/v1/UserToken")).status_code == 401
        assert (await callers.bearing(changed.json()).get("/api/v1/UserToken")).status_code == 200
        assert "__Host-locum=" in changed.headers["set-cookie"]
        assert (await first_step(callers.nobody(), "ada", NEW_PASSWORD)).status_code == 200
