"""Credentials of accounts on resources: new passwords, earlier ones, secret vaults, what happens at check-out."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from audited import details
from estate import CREDENTIALS, RESOURCES, SERVICE_PASSWORD, Estate, made, problem

pytestmark = pytest.mark.anyio


async def login(estate: Estate, username: str = "deploy", **more: Any) -> str:
    body = {"username": username, "password": SERVICE_PASSWORD, **more}
    return str(made(await estate.admin.post(CREDENTIALS, body))["id"])


async def account(estate: Estate, credential_id: str) -> str:
    body = {"managedResourceId": estate.ids["web01"], "managedType": "Manual"}
    path = f"/api/locum/v1/Credential/{credential_id}/ManagedUser"
    return str(made(await estate.admin.put(path, body))["userId"])


async def password(estate: Estate, credential_id: str) -> str:
    return str((await estate.get(estate.admin, f"{CREDENTIALS}/{credential_id}", showPassword=True))["password"])


@pytest.mark.sees_effect("Credential.GetByUserId")
async def test_cred_07_a_password_is_generated_saved_and_gone_back_to(estate: Estate) -> None:
    mine = await login(estate)
    path = f"{CREDENTIALS}/ByUserId/{await account(estate, mine)}"
    robot = estate.callers.application("robot")
    assert (await estate.get(robot, path))["password"] is None
    assert (await estate.get(robot, path, showPassword=True))["password"] == SERVICE_PASSWORD
    problem(await robot.get(path, rollback=True), 409)
    candidate = (await estate.get(robot, path, generate=True, showPassword=True))["password"]
    assert candidate != SERVICE_PASSWORD
    assert await password(estate, mine) == SERVICE_PASSWORD
    saved = (await estate.get(robot, path, generate=True, showPassword=True, save=True))["password"]
    assert await password(estate, mine) == saved != candidate
    back = (await estate.get(robot, path, rollback=True, showPassword=True))["password"]
    assert back == SERVICE_PASSWORD
    assert await password(estate, mine) == saved
    made(await robot.get(path, rollback=True, save=True))
    assert await password(estate, mine) == SERVICE_PASSWORD
    parts = [
        one.get("version", one["parts"]) for one in details(estate.database, "credential.secret_revealed", mine)
    ]
    assert parts == ["password", "generated", "password", "generated", "password", 1, "password", "password"]
    for query in ({"generate": True, "rollback": True}, {"save": True}):
        problem(await robot.get(path, **query), 400)
    problem(await estate.admin.get(path), 403)
    problem(await robot.get(f"{CREDENTIALS}/ByUserId/{uuid4()}"), 404)


@pytest.mark.sees_effect("Credential.NewPasswordFromCredential")
async def test_a_new_password_is_kept_only_when_it_is_put_back(estate: Estate) -> None:
    mine, robot = await login(estate), estate.callers.application("robot")
    view = await estate.get(robot, f"{CREDENTIALS}/NewCredentialFromCredential/{mine}")
    assert len(view["password"]) > 10
    assert await password(estate, mine) == SERVICE_PASSWORD
    made(await robot.put(CREDENTIALS, view))
    assert await password(estate, mine) == view["password"]


@pytest.mark.sees_effect("Credential.DeleteByHostUserAsync")
async def test_the_credential_of_an_account_is_deleted(estate: Estate) -> None:
    mine = await login(estate)
    user = await account(estate, mine)
    assert (await estate.admin.http.delete(f"{CREDENTIALS}/DeleteByHostUser/{user}")).status_code == 200
    problem(await estate.admin.get(f"{CREDENTIALS}/{mine}"), 404)
    problem(await estate.admin.http.delete(f"{CREDENTIALS}/DeleteByHostUser/{user}"), 404)


@pytest.mark.sees_effect("Credential.SetOnChangeReset")
async def test_cred_08_what_is_asked_of_check_outs_is_kept(estate: Estate) -> None:
    ids = [await login(estate, f"deploy{n}") for n in range(2)]

    async def rules() -> set[tuple[bool | None, bool | None]]:
        rows = await estate.get(estate.admin, CREDENTIALS)
        return {(row["changeOnCheckout"], row["changeOnRelease"]) for row in rows if row["id"] in ids}

    path = f"{CREDENTIALS}/OnChangeReset"
    answer = await estate.admin.put(path, ids, ChangeOnCheckout=True, ChangeOnRelease=False)
    assert answer.status_code == 202
    assert await rules() == {(True, False)}
    assert (await estate.admin.put(path, ids, changeonrelease=True)).status_code == 202
    assert await rules() == {(True, True)}
    problem(await estate.admin.put(path, [*ids, str(uuid4())], ChangeOnCheckout=False), 404)
    problem(await estate.admin.put(path, []), 400)
    assert await rules() == {(True, True)}
    assert estate.audited("credential.changed", ids[0]) == 2


@pytest.mark.sees_effect("Credential.GetCredentialReleasePostSessionDisableAsync")
@pytest.mark.sees_effect("Credential.SetPostSession")
async def test_cred_09_what_becomes_of_a_released_account(estate: Estate) -> None:
    mine = await login(estate)
    path = f"{CREDENTIALS}/CredentialRelease/{mine}/PostSessionDisable"
    assert await estate.get(estate.admin, path) == 2
    assert (await estate.admin.put(path, {"action": "Disable"})).json() == 0
    assert await estate.get(estate.admin, path) == 0
    problem(await estate.admin.put(path, {"action": 3}), 400)


@pytest.mark.sees_effect("Credential.SetCredentialVaultAsync")
async def test_cred_11_a_login_is_put_into_a_secret_vault(estate: Estate) -> None:
    mine = await login(estate)
    vault = made(await estate.admin.post(RESOURCES, {"name": "Routers", "type": "SecretVault"}))["id"]
    path = f"{CREDENTIALS}/SetVault/routers/deploy"
    assert await estate.get(estate.admin, path, vaultUser=True) is True
    view = await estate.get(estate.admin, f"{CREDENTIALS}/Details/{mine}")
    assert (view["secretVaultId"], view["resource"], view["credentialType"]) == (vault, "Routers", 5)
    assert view["rotationType"] == 0
    problem(await estate.admin.get(f"{CREDENTIALS}/SetVault/web01/deploy"), 404)
    problem(await estate.admin.get(f"{CREDENTIALS}/SetVault/routers/nobody"), 404)


@pytest.mark.sees_effect("Credential.CiscoEnablePassword")
async def test_cred_12_an_enable_password_is_kept_and_shown(estate: Estate) -> None:
    mine = await login(estate, enablePassword="canary-enable")
    path = f"{CREDENTIALS}/{mine}/CiscoEnablePassword"
    answer = await estate.admin.get(path)
    assert answer.json() == "canary-enable"
    assert estate.audited("credential.secret_revealed", mine) == 1
    assert "canary-enable" not in (await estate.admin.get(f"{CREDENTIALS}/{mine}", showPassword=True)).text
    made(await estate.admin.put(f"{CREDENTIALS}/{mine}", {"enablePassword": "canary-other"}))
    assert await estate.get(estate.admin, path) == "canary-other"
    problem(await estate.admin.get(f"{CREDENTIALS}/{await login(estate, 'other')}/CiscoEnablePassword"), 404)


@pytest.mark.sees_effect("Credential.GetCredentialTypesAsync")
@pytest.mark.sees_effect("Credential.GetAuthenticationMethodTypesAsync")
async def test_the_words_of_types_and_methods_are_taken_as_such(estate: Estate) -> None:
    types = await estate.get(estate.admin, f"{CREDENTIALS}/GetCredentialTypes")
    methods = await estate.get(estate.admin, f"{CREDENTIALS}/GetAuthenticationMethodTypes")
    assert (types["SshKeyCert"], types["Any"]) == (6, -1)
    assert methods == {"Password": 0, "SshCertificate": 1, "SshCertificateAndPassword": 2}
    for n, (word, number) in enumerate(types.items()):
        if number >= 0:
            mine = await login(estate, f"one{n}", type=word)
            assert (await estate.get(estate.admin, f"{CREDENTIALS}/{mine}"))["type"] == number


async def test_sec_30_a_bounded_key_is_for_its_credentials_alone(estate: Estate) -> None:
    mine, other = await login(estate), await login(estate, "other")
    user = await account(estate, other)
    app = made(await estate.admin.post("/api/v1/ManagedAccount/CreateApplicationUser", {"name": "inventory"}))
    key = made(
        await estate.admin.post(f"/api/locum/v1/Application/{app['id']}/ApiKey", {"credentials": [mine]}), 201
    )["key"]
    robot = estate.callers.bearing(key)
    assert (await estate.get(robot, f"{CREDENTIALS}/{mine}", showPassword=True))["password"] == SERVICE_PASSWORD
    assert [row["id"] for row in await estate.get(robot, CREDENTIALS)] == [mine]
    for answer in (
        await robot.get(f"{CREDENTIALS}/ByUserId/{user}", showPassword=True),
        await robot.get(f"{CREDENTIALS}/GetSSHCertificateByUser/other"),
        await robot.get(f"{CREDENTIALS}/GetUserSSHCertificate/{user}"),
        await robot.get(f"{CREDENTIALS}/SetVault/x/other"),
        await robot.post(f"{CREDENTIALS}/GenerateUserSSHCertificate/{user}", {}),
        await robot.http.delete(f"{CREDENTIALS}/DeleteByHostUser/{user}"),
    ):
        problem(answer, 404)
    for answer in (
        await robot.get(f"{CREDENTIALS}/{other}", showPassword=True),
        await robot.get(f"{CREDENTIALS}/NewCredentialFromCredential/{other}"),
        await robot.get(f"{CREDENTIALS}/{other}/CiscoEnablePassword"),
        await robot.put(f"{CREDENTIALS}/{other}", {"name": "x"}),
        await robot.put(CREDENTIALS, {"id": other, "name": "x"}),
        await robot.put(f"{CREDENTIALS}/OnChangeReset", [mine, other], ChangeOnRelease=True),
        await robot.http.delete(f"{CREDENTIALS}/{other}"),
    ):
        assert SERVICE_PASSWORD not in answer.text
        problem(answer, 403)
