"""Asking for access, using it and ending it over the API, as a user, an administrator and an application."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any
from uuid import uuid4

import pytest

from estate import NIL, SESSIONS, Estate, made, problem
from identities_world import Caller
from locum.kit import jobs
from locum.sessions.connection_limits import Limits
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session

pytestmark = pytest.mark.anyio

ENDED = (Status.ACTIVE, Status.CANCELLING, Status.COMPLETE)
UNKNOWN = "5f2c0d51-0000-4000-8000-000000000000"


async def ids_of(estate: Estate, who: Caller, status: str | int, **params: Any) -> list[str]:
    """The sessions in a summary, in its order."""
    page = await estate.get(who, f"{SESSIONS}/SummaryByStatus/{status}", **params)
    return [row["id"] for row in page["data"]]


class TestAsking:
    @pytest.mark.sees_effect(
        "ActivitySession.CreateAsync",
        "ActivitySession.GetByIdAsync",
        "ActivitySession.GetAllActivitySessionsByStatusAsync",
    )
    async def test_an_allowed_request_is_a_pending_session_everywhere(self, estate: Estate) -> None:
        rung = estate.callers.api.changed.seen
        session = await estate.ask(note="patching", ticket="T-1")
        assert (session["status"], session["managedAccountId"]) == (0, estate.ids["ada"])
        assert (session["activityId"], session["managedResourceId"]) == (
            estate.ids["Linux sudo"],
            estate.ids["web01"],
        )
        assert (session["accessControlPolicyId"], session["createdByUserName"]) == (estate.ids["admins"], "ada")
        assert (session["note"], session["ticket"], session["proxySessions"]) == ("patching", "T-1", [])
        assert session["createdFromAddress"] == "192.0.2.1"
        path = f"{SESSIONS}/{session['id']}"
        for who in (estate.ada, estate.admin):
            assert await estate.get(who, path) == session
        assert await estate.get(estate.admin, SESSIONS, status="Pending") == [session]
        assert estate.audited("session.requested", session["id"]) == 1
        assert estate.database.submit_read(jobs.next_due).result() is not None
        assert estate.callers.api.changed.seen > rung

    async def test_no_more_at_once_than_a_person_may_have(self, estate: Estate) -> None:
        object.__setattr__(estate.callers.api, "limits", Limits(sessions=2))  # as `locum serve` is told
        session = await estate.ask()
        body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
        group = [body, body]
        assert "2 is the most" in problem(await estate.ada.post(f"{SESSIONS}/Group", group), 403)["detail"]
        assert await ids_of(estate, estate.ada, "Pending") == [session["id"]]
        await estate.ask()
        assert "2 sessions of this person" in problem(await estate.ada.post(SESSIONS, body), 403)["detail"]
        for_her = {**body, "managedAccountId": estate.ids["ada"]}
        assert "2 is the most" in problem(await estate.admin.post(SESSIONS, for_her), 403)["detail"]

    async def test_names_do_as_well_as_ids_in_any_case(self, estate: Estate) -> None:
        for body in (
            {"activityName": "Linux sudo", "managedResourceName": "web01"},
            {"ACTIVITYNAME": "linux_SUDO", "managedresourcename": " WEB01 ", "ActivityId": NIL},
            {"activityName": "Linux sudo", "activityId": "", "ManagedResourceId": estate.ids["web01"].upper()},
        ):
            session = made(await estate.ada.post(SESSIONS.upper(), body), 201)
            assert session["activityId"] == estate.ids["Linux sudo"]
            assert session["managedResourceId"] == estate.ids["web01"]

    async def test_the_window_is_kept_within_the_profile(self, estate: Estate) -> None:
        tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).replace(microsecond=0)
        session = await estate.ask(
            startDateTimeUtc=tomorrow.isoformat(), endDateTimeUtc=(tomorrow + dt.timedelta(hours=9)).isoformat()
        )
        stamps = (session["scheduledStartDateTimeUtc"], session["scheduledEndDateTimeUtc"])
        assert stamps == tuple(
            t.strftime("%Y-%m-%dT%H:%M:%S.000Z") for t in (tomorrow, tomorrow + dt.timedelta(hours=1))
        )

    async def test_what_is_wrong_with_a_request_is_said(self, estate: Estate) -> None:
        past = "2020-01-01T00:00:00Z"
        far = "2999-01-01T00:00:00Z"
        for changes, field in (
            ({"activityId": None}, "activityId"),
            ({"managedResourceId": NIL}, "managedResourceId"),
            ({"activityId": "not-a-guid"}, "activityId"),
            ({"endDateTimeUtc": past}, "endDateTimeUtc"),
            ({"startDateTimeUtc": far}, "startDateTimeUtc"),
            ({"note": "x" * 1001}, "note"),
            ({"ticket": "x" * 257}, "ticket"),
        ):
            body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"], **changes}
            assert field in problem(await estate.ada.post(SESSIONS, body), 400)["errors"]
        for changes in (
            {"activityId": UNKNOWN},
            {"managedResourceId": UNKNOWN},
            {"accessPolicyId": UNKNOWN},
            {"activityId": None, "activityName": "Windows"},
            {"managedResourceId": None, "managedResourceName": "web99"},
        ):
            body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"], **changes}
            problem(await estate.ada.post(SESSIONS, body), 404)
        assert estate.count(access_session) == 0

    async def test_the_longest_texts_that_are_let_in_are_kept(self, estate: Estate) -> None:
        session = await estate.ask(note="ö" * 1000, ticket="ö" * 256)
        assert (len(session["note"]), len(session["ticket"])) == (1000, 256)

    async def test_policy_decides_and_says_why(self, estate: Estate) -> None:
        await estate.policy("noted", notesRequired=True)
        await estate.policy("denied", approvalTypeRequired="Deny")
        ids = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
        nobody_joined = problem(await estate.eve.post(SESSIONS, ids), 403)
        assert nobody_joined["detail"] == "no access policy gives you this activity on this resource"
        names = {p: (await estate.policy(p, **c))["id"] for p, c in (("p1", {"ticketRequired": True}),)}
        refusal = problem(await estate.ada.post(SESSIONS, {**ids, "accessPolicyId": names["p1"]}), 403)
        assert "requires a ticket" in refusal["detail"]
        session = made(await estate.ada.post(SESSIONS, {**ids, "accessPolicyId": names["p1"], "ticket": "T"}), 201)
        assert session["accessControlPolicyId"] == names["p1"]
        assert estate.count(access_session) == 1

    async def test_only_an_administrator_asks_for_somebody_else(self, estate: Estate) -> None:
        body = {
            "activityId": estate.ids["Linux sudo"],
            "managedResourceId": estate.ids["web01"],
            "managedAccountId": estate.ids["ada"],
        }
        for who in (estate.eve, estate.callers.application("robot")):
            assert "administrator" in problem(await who.post(SESSIONS, body), 403)["detail"]
        session = made(await estate.admin.post(SESSIONS, body), 201)
        assert (session["managedAccountId"], session["createdByUserName"]) == (estate.ids["ada"], "root")
        assert (await estate.get(estate.ada, f"{SESSIONS}/{session['id']}"))["createdBy"] == estate.ids["root"]
        problem(await estate.admin.post(SESSIONS, {**body, "managedAccountId": UNKNOWN}), 404)

    async def test_an_application_holds_sessions_too(self, estate: Estate) -> None:
        robot = estate.callers.application("robot")
        found = await estate.get(robot, "/api/v1/ManagedAccount/Search", filterText="robot")
        await estate.policy("robots", managedAccountIds=[found["data"][0]["id"]])
        session = await estate.ask(robot)
        await estate.ask()
        assert await ids_of(estate, robot, "Pending") == [session["id"]]


class TestEnding:
    @pytest.mark.sees_effect("ActivitySession.DeleteAsync")
    async def test_a_user_ends_their_own_and_may_say_so_again(self, estate: Estate) -> None:
        session_id = (await estate.ask())["id"]
        path = f"{SESSIONS}/{session_id}"
        for _ in range(2):
            ended = await estate.ada.http.delete(path)
            assert (ended.status_code, ended.content) == (202, b"")
            view = await estate.get(estate.admin, path)
            assert (view["status"], view["statusDescription"]) == (2, "ended by its user")
            assert view["cancelledBy"] == estate.ids["ada"]
        assert estate.audited("session.ending", session_id) == 1
        assert "ending: ended by its user" in (await estate.ada.get(f"{path}/Log")).text
        estate.become(session_id, Status.COMPLETE)
        assert (await estate.ada.http.delete(path)).status_code == 202
        assert (await estate.get(estate.ada, path))["status"] == 3

    async def test_an_administrator_cancels_anybodys(self, estate: Estate) -> None:
        session_id = (await estate.ask())["id"]
        assert (await estate.admin.http.delete(f"{SESSIONS}/{session_id}")).status_code == 202
        view = await estate.get(estate.ada, f"{SESSIONS}/{session_id}")
        assert (view["statusDescription"], view["cancelledBy"]) == ("ended by root", estate.ids["root"])

    async def test_many_who_end_it_at_once_all_succeed(self, estate: Estate) -> None:
        session_id = (await estate.ask())["id"]
        path = f"{SESSIONS}/{session_id}"
        answers = await asyncio.gather(*(estate.ada.http.delete(path) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {202}
        assert estate.audited("session.ending", session_id) == 1


class TestAddress:
    @pytest.mark.sees_effect("ActivitySession.GetSshUrlAsync")
    async def test_it_is_bound_to_the_session_until_that_ends(self, estate: Estate) -> None:
        session_id = (await estate.ask())["id"]
        path = f"{SESSIONS}/Ssh/{session_id}"
        wanted = f"ssh://ada+Linux_sudo+web01+~{session_id}@127.0.0.1:4422"
        assert await estate.get(estate.ada, path) == wanted
        estate.become(session_id, Status.ACTIVE)
        assert await estate.get(estate.ada, path.lower()) == wanted
        estate.become(session_id, Status.CANCELLING, Status.COMPLETE)
        assert "ended" in problem(await estate.ada.get(path), 409)["detail"]

    async def test_it_is_for_its_owner_alone(self, estate: Estate) -> None:
        session_id = (await estate.ask())["id"]
        for who in (estate.eve, estate.admin):
            problem(await who.get(f"{SESSIONS}/Ssh/{session_id}"), 404)


class TestLog:
    @pytest.mark.sees_effect("ActivitySession.GetSessionLogsAsync")
    async def test_it_tells_what_happened_page_by_page(self, estate: Estate) -> None:
        session_id = (await estate.ask())["id"]
        await estate.ask()
        await estate.ada.http.delete(f"{SESSIONS}/{session_id}")
        path = f"{SESSIONS}/{session_id}/Log"
        log = await estate.get(estate.ada, path)
        assert [line["logMessage"] for line in log["lines"]] == [
            "ada asked for Linux sudo on web01; allowed by admins",
            "ending: ended by its user",
        ]
        assert [line["lineNumber"] for line in log["lines"]] == [1, 2]
        assert {(line["status"], line["statusString"]) for line in log["lines"]} == {(1, "Info")}
        assert log["totalCount"] == 2
        second = await estate.get(estate.ada, path, skip=1, take=1)
        assert (second["lines"], second["totalCount"]) == (log["lines"][1:], 2)
        newest = await estate.get(estate.admin, path, OrderDescending="TRUE", take=1)
        assert newest["lines"][0]["logMessage"].startswith("ending")
        assert await estate.get(estate.ada, path, take=0) == {**log, "lines": []}
        for params, total in (
            ({"logLevel": "error"}, 0),
            ({"logLevel": 1}, 2),
            ({"filterText": "ALLOWED BY"}, 1),
            ({"startDate": "2999-01-01T00:00:00Z"}, 0),
            ({"endDate": "2999-01-01T00:00:00Z", "startDate": ""}, 2),
        ):
            assert (await estate.get(estate.ada, path, **params))["totalCount"] == total
        problem(await estate.ada.get(path, take=10001), 400)


class TestLists:
    @pytest.mark.sees_effect(
        "ActivitySession.GetSessionSummaryByStatusAsync", "ActivitySession.GetHistoricalSessionSummaryAsync"
    )
    async def test_a_session_moves_from_list_to_list(self, estate: Estate) -> None:
        session_id = (await estate.ask())["id"]
        for step, word in ((None, "pending"), (Status.ACTIVE, "ACTIVE"), (Status.CANCELLING, "Cancelling")):
            if step is not None:
                estate.become(session_id, step)
            for status in ("Pending", "Active", "Cancelling", "Complete"):
                here = status.casefold() == word.casefold()
                assert await ids_of(estate, estate.ada, status) == ([session_id] if here else [])
            assert await ids_of(estate, estate.ada, word) == [session_id]
            assert await ids_of(estate, estate.ada, "Historical") == []
        estate.become(session_id, Status.COMPLETE)
        for name in ("complete", "3", "historical", "HISTORICAL"):
            assert await ids_of(estate, estate.ada, name) == [session_id]

    async def test_a_row_names_everything_around_the_session(self, estate: Estate) -> None:
        session_id = (await estate.ask(note="patching"))["id"]
        estate.become(session_id, Status.ACTIVE)
        path = f"{SESSIONS}/SummaryByStatus/1"
        (row,) = (await estate.get(estate.ada, path))["data"]
        assert (row["userDisplayName"], row["createdByDisplayName"], row["userType"]) == ("ada", "ada", 2)
        assert (row["activityName"], row["managedResourceName"]) == ("Linux sudo", "web01")
        assert (row["platformName"], row["accessPolicyName"], row["note"]) == ("Linux", "admins", "patching")
        assert (row["sessionStatus"], row["status"], row["loginSessionState"]) == (1, 2, 0)
        connection_id = estate.connect(session_id)
        (row,) = (await estate.get(estate.ada, path))["data"]
        assert (row["status"], row["loginSessionState"]) == (1, 1)
        (inside,) = row["proxySessions"]
        assert (inside["id"], inside["active"], inside["record"]) == (connection_id, True, True)
        assert (await estate.get(estate.ada, f"{SESSIONS}/{session_id}"))["proxySessions"] == [inside]

    async def test_pages_orders_and_filters(self, estate: Estate) -> None:
        asked = [(await estate.ask(ticket=ticket))["id"] for ticket in ("b", "C", "a")]
        shell = (await estate.ask(activityId=estate.ids["Linux shell"], ticket="d"))["id"]
        path = f"{SESSIONS}/SummaryByStatus/Pending"
        assert await ids_of(estate, estate.ada, 0) == [shell, *reversed(asked)]
        assert await estate.get(estate.ada, path, take=0) == {"data": [], "recordsTotal": 4}
        assert await ids_of(estate, estate.ada, 0, ORDERBY="activityName", take=1) == [shell]
        assert await ids_of(estate, estate.ada, 0, filterText="SHELL") == [shell]
        assert await ids_of(estate, estate.ada, 0, skip=1, take=2) == [asked[2], asked[1]]
        for params, total in (
            ({"resourceName": ["web01", "other"]}, 4),
            ({"resourceName": "other"}, 0),
            ({"userName": "ada"}, 4),
            ({"userName": "eve"}, 0),
            ({"endDate": "2020-01-01T00:00:00Z"}, 0),
            ({"userGroupId": UNKNOWN}, 0),
            ({"userGroupId": NIL, "unheardOf": "x", "startDate": ""}, 4),
        ):
            assert (await estate.get(estate.ada, path, **params))["recordsTotal"] == total
        for params in ({"orderBy": "loginName"}, {"skip": -1}, {"take": 10001}, {"userId": "x"}):
            problem(await estate.ada.get(path, **params), 400)
        problem(await estate.ada.get(f"{SESSIONS}/SummaryByStatus/8"), 400)
        problem(await estate.ada.get(f"{SESSIONS}/SummaryByStatus/never"), 400)

    async def test_history_by_kind_of_account(self, estate: Estate) -> None:
        session_id = (await estate.ask())["id"]
        estate.become(session_id, *ENDED)
        for kind, found in (("Local", [session_id]), (2, [session_id]), ("Application", []), ("User", [])):
            assert await ids_of(estate, estate.admin, "Historical", filterUserType=kind) == found

    async def test_an_administrator_sees_all_or_one_persons(self, estate: Estate) -> None:
        session_id = (await estate.ask())["id"]
        assert await ids_of(estate, estate.admin, 0) == [session_id]
        assert await ids_of(estate, estate.admin, 0, userId=estate.ids["ada"]) == [session_id]
        assert await ids_of(estate, estate.admin, 0, userId=estate.ids["eve"]) == []

    async def test_the_bare_array_is_for_administrators(self, estate: Estate) -> None:
        pending = (await estate.ask())["id"]
        active, ended = (await estate.ask())["id"], (await estate.ask())["id"]
        estate.become(active, Status.ACTIVE)
        estate.become(ended, *ENDED)
        for status, found in (("pending", pending), ("", active), ("ACTIVE", active), ("historical", ended)):
            listed = await estate.get(estate.admin, SESSIONS, status=status)
            assert [session["id"] for session in listed] == [found]
        for params, total in (
            ({"targetId": estate.ids["web01"]}, 1),
            ({"targetId": UNKNOWN}, 0),
            ({"targetId": NIL}, 1),
            ({"targetUserId": UNKNOWN}, 0),
        ):
            assert len(await estate.get(estate.admin, SESSIONS, **params)) == total
        problem(await estate.admin.get(SESSIONS, status="soon"), 400)
        problem(await estate.ada.get(SESSIONS), 403)


async def test_ids_are_looked_at_after_the_caller(estate: Estate) -> None:
    for method, path in (
        ("GET", f"{SESSIONS}/%s"),
        ("DELETE", f"{SESSIONS}/%s"),
        ("GET", f"{SESSIONS}/Ssh/%s"),
        ("GET", f"{SESSIONS}/%s/Log"),
    ):
        problem(await estate.callers.nobody().http.request(method, path % "not-a-guid"), 401)
        problem(await estate.ada.http.request(method, path % "not-a-guid"), 400)
        problem(await estate.ada.http.request(method, path % uuid4()), 404)
        problem(await estate.ada.http.request(method, path % NIL), 404)


async def test_a_list_is_kept_to_the_people_of_a_group(estate: Estate) -> None:
    session_id = (await estate.ask())["id"]
    inside, outside = [
        made(await estate.admin.post("/api/v1/ManagedAccountGroup", {"name": name}))["id"]
        for name in ("ops", "others")
    ]
    for group, who in ((inside, "ada"), (outside, "eve")):
        answer = await estate.admin.post(f"/api/v1/ManagedAccountGroup/{group}/ManagedAccount", [estate.ids[who]])
        assert answer.status_code == 200, answer.text
    path = f"{SESSIONS}/SummaryByStatus/Pending"
    found = await estate.get(estate.admin, path, userGroupId=inside)
    assert [row["id"] for row in found["data"]] == [session_id]
    assert (await estate.get(estate.admin, path, userGroupId=outside))["recordsTotal"] == 0


async def test_there_is_no_rdp_and_nobody_learns_of_others_sessions(estate: Estate) -> None:
    session_id = (await estate.ask())["id"]
    assert "no gateway for RDP" in problem(await estate.ada.get(f"{SESSIONS}/Rdp/{session_id}"), 409)["detail"]
    for who in (estate.eve, estate.admin):
        problem(await who.get(f"{SESSIONS}/Rdp/{session_id}"), 404)
