"""People, applications and their keys over the API, each effect seen somewhere else than in its own answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from identities_world import PASSWORD, Caller, Callers
from locum.audit.model import audit_event
from locum.identities import api_keys
from locum.identities.caller import Role
from locum.identities.model import identity
from locum.kit.db import Database

pytestmark = pytest.mark.anyio

BASE = "/api/v1/ManagedAccount"
SEARCH = f"{BASE}/Search"


def local_user(name: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
    return {
        "managedAccountView": {"name": name, **more},
        "localUserPasswordChangeRequest": {"username": name, "passwordNew": password},
        "changePasswordNextLogin": False,
    }


def audited(database: Database, action: str, object_id: UUID | str) -> int:
    query = sa.select(sa.func.count()).where(
        audit_event.c.action == action, audit_event.c.object_id == UUID(str(object_id))
    )
    return int(database.submit_read(lambda tx: tx.scalar(query)).result())


async def application(admin: Caller, name: str = "robot") -> str:
    made = await admin.post(f"{BASE}/CreateApplicationUser", {"name": name, "certificateSerialNumber": ""})
    assert made.status_code == 200, made.text
    return str(made.json()["id"])


async def new_key(admin: Caller, application_id: str) -> str:
    generated = await admin.put(f"{BASE}/GenerateApiKey/{application_id}")
    assert (generated.status_code, generated.content) == (200, b"")
    revealed = await admin.get(f"{BASE}/RevealApiKey/{application_id}")
    assert revealed.status_code == 200
    return str(revealed.json())


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
        assert audited(database, "application.created", robot) == 1
        assert audited(database, "api_key.generated", robot) == 2
        assert audited(database, "api_key.revealed", robot) == 2

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
        assert audited(database, "local_user.created", view["id"]) == 1

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


def assert_problem(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "traceId"} <= set(answer.json())
