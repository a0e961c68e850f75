"""Searches of credentials and where each is used, over the API: an effect of what was set up through it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from estate import CREDENTIALS, RESOURCES, SERVICE_PASSWORD, Estate, made, problem
from locum.credentials.model import CredentialType
from statements import selects

pytestmark = pytest.mark.anyio

SEARCH = f"{CREDENTIALS}/Search"


async def login(estate: Estate, username: str, **more: Any) -> str:
    body = {"username": username, "password": SERVICE_PASSWORD, **more}
    return str(made(await estate.admin.post(CREDENTIALS, body))["id"])


async def manage(estate: Estate, credential_id: str, method: str = "Manual") -> dict[str, Any]:
    body = {"managedResourceId": estate.ids["web01"], "managedType": method}
    return made(await estate.admin.put(f"/api/locum/v1/Credential/{credential_id}/ManagedUser", body))


async def found(estate: Estate, **query: Any) -> list[str]:
    page = await estate.get(estate.admin, SEARCH, **query)
    assert page["recordsTotal"] >= len(page["data"])
    return [row["userName"] for row in page["data"]]


@pytest.mark.sees_effect("Credential.SearchAsync")
async def test_a_search_narrows_orders_and_pages(estate: Estate) -> None:
    deploy = await login(estate, "deploy", domain="Corp", type="User", name="Übergabe")
    await login(estate, "backup", type="Service")
    await manage(estate, deploy)
    assert await found(estate) == ["backup", "deploy", "locum"]
    assert await found(estate, orderBy="userName", orderDescending=True, take=2) == ["locum", "deploy"]
    assert await found(estate, skip=1, take=1) == ["deploy"]
    page = await estate.get(estate.admin, SEARCH, take=0)
    assert (page["data"], page["recordsTotal"]) == ([], 3)
    for query, names in (
        ({"filterText": "DEPL"}, ["deploy"]),
        ({"filterText": "übER"}, ["deploy"]),
        ({"filterText": "corp"}, ["deploy"]),
        ({"filterText": "WEB01"}, ["deploy"]),  # the resource it is managed on
        ({"filterText": "100%"}, []),
        ({"credentialType": "Service"}, ["backup"]),
        ({"credentialType": -1}, ["backup", "deploy", "locum"]),
        ({"managedFilter": "Managed"}, ["deploy"]),
        ({"managedFilter": 1}, ["backup", "locum"]),
        ({"managedType": "Internal"}, ["locum"]),
        ({"managedType": 1}, ["backup", "deploy"]),
        ({"managedType": 2}, []),
        ({"privilegeFilter": "SuperUser"}, []),
    ):
        assert await found(estate, **query) == names, query
    for order in ("resource", "passwordStatus", "nextPasswordChangeDateTimeUtc", "age", "platform", "privilege"):
        assert len(await found(estate, orderBy=order)) == 3
    for query in ({"orderBy": "password"}, {"skip": -1}, {"take": 10_001}):
        problem(await estate.admin.get(SEARCH, **query), 400)


async def test_a_row_says_where_a_login_is_and_what_state_its_secret_is_in(estate: Estate) -> None:
    deploy = await login(estate, "deploy", type="User")
    managed = await manage(estate, deploy)
    (row,) = (await estate.get(estate.admin, SEARCH, filterText="deploy"))["data"]
    assert (
        row
        | {
            "credentialId": deploy,
            "managedUserId": managed["id"],
            "userId": managed["userId"],
            "managedResourceId": estate.ids["web01"],
            "resource": "web01",
            "platform": "Linux",
            "rotationType": 1,
            "managedType": 1,
            "credentialType": int(CredentialType.USER),
            "passwordStatus": 0,
            "status": "Unspecified",
            "age": 0,
            "dependencyCount": 0,
        }
        == row
    )


async def test_a_page_is_few_statements_whatever_its_length(estate: Estate) -> None:
    counts = []
    for _ in range(2):
        with selects(estate.database) as seen:
            await found(estate, filterText="o", take=100)
        counts.append(len([one for one in seen if "identity" not in one and "custom_role" not in one]))
        for n in range(5):
            await login(estate, f"more-{n}-{uuid4()}")
    assert counts == [2, 2]  # which and how many, their rows


@pytest.mark.sees_effect("Credential.GetCredentialDetailsAsync")
@pytest.mark.sees_effect("Credential.GetCredentialDetailsFromHostUserAsync")
@pytest.mark.sees_effect("Credential.GetHostUserFromCredentialAsync")
@pytest.mark.sees_effect("Credential.GetDistinctHostsForCredentialAsync")
async def test_one_credential_is_found_by_its_account_and_back(estate: Estate) -> None:
    deploy = await login(estate, "deploy")
    problem(await estate.admin.get(f"{CREDENTIALS}/HostUser/{deploy}"), 404)
    assert await estate.get(estate.admin, f"{CREDENTIALS}/Hosts/{deploy}") == []
    user = (await manage(estate, deploy))["userId"]
    mine = await estate.get(estate.admin, f"{CREDENTIALS}/Details/{deploy}")
    assert (mine["userName"], mine["userId"], mine["resource"]) == ("deploy", user, "web01")
    assert await estate.get(estate.admin, f"{CREDENTIALS}/Details/{user}/User") == mine
    account = await estate.get(estate.admin, f"{CREDENTIALS}/HostUser/{deploy}")
    assert (account["id"], account["samaccountname"], account["managed"]) == (user, "deploy", True)
    assert await estate.get(estate.admin, f"{CREDENTIALS}/Hosts/{deploy}") == [estate.ids["web01"]]
    assert await estate.get(estate.admin, f"{CREDENTIALS}/Hosts/{estate.ids['locum']}") == [estate.ids["web01"]]
    for path in ("Details/{}", "Details/{}/User", "HostUser/{}", "Hosts/{}"):
        problem(await estate.admin.get(f"{CREDENTIALS}/{path.format(uuid4())}"), 404)


@pytest.mark.sees_effect("Credential.GetServiceAccountDetailsAsync")
@pytest.mark.sees_effect("Credential.SearchScheduledTasksForCredential")
async def test_what_depends_on_a_login_makes_it_a_service_account(estate: Estate) -> None:
    await estate.dependant()  # of locum, on web01
    await manage(estate, estate.ids["locum"])
    locum = estate.ids["locum"]
    view = await estate.get(estate.admin, f"{CREDENTIALS}/Details/{locum}/ServiceAccount")
    assert (view["dependencyCount"], view["resourceName"], view["rotationStatus"]) == (1, "web01", -2)
    page = await estate.get(estate.admin, f"{CREDENTIALS}/HostScheduledTasks/{locum}")
    assert [(row["resourceName"], row["samAccountName"]) for row in page["data"]] == [("web01", "locum")]
    same = await estate.get(
        estate.admin, f"{CREDENTIALS}/HostScheduledTasks/{view['hostUserId']}", byHostUser=True
    )
    assert same == page
    assert await found(estate, managedType="Service") == ["locum"]
    made(await estate.admin.post(f"/api/locum/v1/Credential/{locum}/Rotate"), 201)
    view = await estate.get(estate.admin, f"{CREDENTIALS}/Details/{view['hostUserId']}/ServiceAccount")
    assert view["rotationStatusName"] == "Queued"
    problem(await estate.admin.get(f"{CREDENTIALS}/HostScheduledTasks/{uuid4()}"), 404)


@pytest.mark.sees_effect("Credential.GetByCredentialTypeAsync")
async def test_whole_credentials_are_listed_by_type_and_name(estate: Estate) -> None:
    deploy = await login(estate, "deploy", type="User")
    await login(estate, "deploy", type="Service", domain="corp")

    async def listed(**query: Any) -> list[tuple[str, int]]:
        return [(row["username"], row["type"]) for row in await estate.get(estate.admin, CREDENTIALS, **query)]

    assert await listed() == [("deploy", 1), ("deploy", 2), ("locum", 0)]
    assert await listed(type="Service") == [("deploy", 2)]
    assert await listed(userName="deploy", type=1) == [("deploy", 1)]
    assert (await estate.admin.http.delete(f"{CREDENTIALS}/{deploy}")).status_code == 200
    assert await listed(userName="deploy") == [("deploy", 2)]
    assert len(await listed(includeDeleted=True)) == 3
    assert SERVICE_PASSWORD not in (await estate.admin.get(CREDENTIALS)).text


async def test_custom_roles_find_what_they_are_for_and_nothing_else(estate: Estate) -> None:
    deploy, other = await login(estate, "deploy"), await login(estate, "other")
    holder = await estate.holder("holder", ["credentials:password:view"], credentialIds=[deploy])
    page = await estate.get(holder, SEARCH)
    assert ([row["userName"] for row in page["data"]], page["recordsTotal"]) == (["deploy"], 1)
    assert [row["id"] for row in await estate.get(holder, CREDENTIALS)] == [deploy]
    problem(await holder.get(f"{CREDENTIALS}/Details/{other}/ServiceAccount"), 404)
    problem(await holder.get(f"{CREDENTIALS}/HostScheduledTasks/{other}"), 404)
    problem(await holder.get(f"{CREDENTIALS}/HostUser/{other}"), 404)
    problem(await estate.ada.get(SEARCH), 403)
    assert UUID(deploy)
    assert (await estate.get(estate.admin, f"{RESOURCES}/Search"))["recordsTotal"] == 1
