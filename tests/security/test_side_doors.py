"""No way around what keeps a secret to those it is for: not by another operation, another resource, or a name."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from account_calls import application
from estate import CREDENTIALS, RESOURCES, SERVICE_PASSWORD, Estate, made, problem
from identities_world import Caller
from locum.credentials import ssh_key
from locum.credentials.model import managed_user

pytestmark = pytest.mark.anyio

LOCUM = "/api/locum/v1"
KEY = ssh_key.generate(ssh_key.KeyAlgorithm.ED25519).openssh().reveal_text()


async def login(estate: Estate, name: str) -> str:
    """A login with everything that a credential can keep."""
    body = {
        "username": name,
        "domain": "corp",
        "password": SERVICE_PASSWORD,
        "authenticationMethod": 2,
        "privateKey": KEY,
        "enablePassword": "canary-enable",
    }
    return str(made(await estate.admin.post(CREDENTIALS, body))["id"])


async def placed(estate: Estate, credential_id: str, resource_id: str, method: int = 1) -> dict[str, Any]:
    body = {"managedResourceId": resource_id, "managedType": method}
    return made(await estate.admin.put(f"{LOCUM}/Credential/{credential_id}/ManagedUser", body))


async def bounded(estate: Estate, *credentials: str) -> Caller:
    """An application whose key is for these credentials alone."""
    robot = await application(estate.admin, "bounded")
    bounds = {"credentials": list(credentials)}
    answer = made(await estate.admin.post(f"{LOCUM}/Application/{robot}/ApiKey", bounds), 201)
    return Caller(estate.callers.api, answer["key"])


async def doors(who: Caller, credential_id: str, user_id: str) -> dict[str, httpx.Response]:
    """What every operation answers that could give the secret out."""
    one = f"{CREDENTIALS}/{credential_id}"
    return {
        "GetById": await who.get(one, showPassword=True),
        "GetByUserId": await who.get(f"{CREDENTIALS}/ByUserId/{user_id}", showPassword=True),
        "rollback": await who.get(f"{CREDENTIALS}/ByUserId/{user_id}", rollback=True, showPassword=True),
        "CiscoEnablePassword": await who.get(f"{one}/CiscoEnablePassword"),
        "SSH key": await who.get(f"{CREDENTIALS}/GetCredentialSSHCertificate/{credential_id}"),
        "SSH key by account": await who.get(f"{CREDENTIALS}/GetUserSSHCertificate/{user_id}"),
        "SSH key by name": await who.get(f"{CREDENTIALS}/GetSSHCertificateByDomainUser/corp/app"),
        "DownloadSshKey": await who.get(f"{LOCUM}/Credential/{credential_id}/SshKey"),
        "Reveal": await who.get(f"{LOCUM}/Secret/{credential_id}/Reveal"),
        "earlier version": await who.get(f"{LOCUM}/Secret/{credential_id}/Reveal", version=1),
        "Copy": await who.get(f"{LOCUM}/Secret/{credential_id}/Copy"),
        "Export": await who.get(f"{LOCUM}/Secret/{credential_id}/Export"),
    }


async def test_who_is_alone_with_a_secret_is_it_at_every_door(estate: Estate) -> None:
    """CRED-08. Administrators may still look, and the holder has it anyway."""
    app = await login(estate, "app")
    made(await estate.admin.put(f"{CREDENTIALS}/{app}", {"password": f"{SERVICE_PASSWORD}-2"}))
    user = (await placed(estate, app, estate.ids["web01"]))["userId"]
    holder, other = estate.callers.application("holder"), estate.callers.application("other")
    free = await doors(other, app, user)
    assert {name: answer.status_code for name, answer in free.items()} == dict.fromkeys(free, 200)
    lease = made(await holder.post(f"{LOCUM}/Credential/{app}/CheckOut", {}), 201)["id"]
    for name, answer in (await doors(other, app, user)).items():
        assert "checked out until" in problem(answer, 409)["detail"], name
        assert "canary" not in answer.text
        assert "PRIVATE KEY" not in answer.text
    assert (await other.get(f"{CREDENTIALS}/{app}")).status_code == 200  # without the secret
    for name, answer in (await doors(holder, app, user)).items():
        assert answer.status_code == 200, name
    assert (await estate.get(estate.admin, f"{LOCUM}/Secret/{app}/Reveal"))["text"] == f"{SERVICE_PASSWORD}-2"
    made(await holder.post(f"{LOCUM}/Lease/{lease}/CheckIn"))
    for name, answer in (await doors(other, app, user)).items():
        assert answer.status_code == 200, name


async def test_sec_12_and_30_a_right_over_one_login_chooses_no_resource(estate: Estate) -> None:
    """Or it would be every account of every resource: name the login root, manage it there, change it, read it."""
    app = await login(estate, "app")
    web, other = (
        estate.ids["web01"],
        made(await estate.admin.post(RESOURCES, {"name": "b", "ipAddress": "192.0.2.9"})),
    )
    rights = ["credentials:credential:manage", "credentials:rotation:schedule", "credentials:password:view"]
    keeper = await estate.holder("keeper", rights, credentialIds=[app])
    robot = await bounded(estate, app)
    at = f"{LOCUM}/Credential/{app}/ManagedUser"
    made(await robot.put(f"{CREDENTIALS}/{app}", {"username": "root", "domain": "x"}))
    for who in (keeper, robot):
        refused = problem(await who.put(at, {"managedResourceId": web, "managedType": 1}), 403)
        assert "only who may manage every credential" in refused["detail"]
        assert estate.count(managed_user) == 0
    for who in (keeper, robot):
        await placed(estate, app, web, 0)
        problem(await who.put(at, {"managedResourceId": other["id"], "managedType": 1}), 403)
        assert (await estate.get(estate.admin, at))["managedResourceId"] == web
        assert made(await who.put(at, {"managedResourceId": web, "managedType": 1}))["managedType"] == 1
    problem(await robot.put(f"{CREDENTIALS}/{app}", {"username": "else"}), 409)


async def test_sec_30_a_name_tells_a_bounded_key_nothing(estate: Estate) -> None:
    """What it is not for and what there is none of are the same: neither is found."""
    mine, app = await login(estate, "mine"), await login(estate, "app")
    user = (await placed(estate, app, estate.ids["web01"]))["userId"]
    made(await estate.admin.post(RESOURCES, {"name": "safe", "type": 4}))
    robot = await bounded(estate, mine)
    nobody = "00000000-0000-0000-0000-000000000007"
    body = {"privateKey": KEY}
    gets = [
        ("GetSSHCertificateByDomainUser/corp/app", "GetSSHCertificateByDomainUser/corp/nobody"),
        ("GetSSHCertificateByUser/locum", "GetSSHCertificateByUser/nobody"),
        ("SetVault/safe/locum", "SetVault/safe/nobody"),
        *((f"{way}/{user}", f"{way}/{nobody}") for way in ("ByUserId", "GetUserSSHCertificate")),
    ]
    pairs = [(await robot.get(f"{CREDENTIALS}/{a}"), await robot.get(f"{CREDENTIALS}/{b}")) for a, b in gets]
    for way in ("AddUserSSHCertificate", "GenerateUserSSHCertificate"):
        there = f"{CREDENTIALS}/{way}"
        pairs.append((await robot.post(f"{there}/{user}", body), await robot.post(f"{there}/{nobody}", body)))
    gone = f"{CREDENTIALS}/DeleteByHostUser"
    pairs.append((await robot.http.delete(f"{gone}/{user}"), await robot.http.delete(f"{gone}/{nobody}")))
    for there, nowhere in pairs:
        assert problem(there, 404)["detail"] == problem(nowhere, 404)["detail"]
    assert (await estate.get(robot, f"{CREDENTIALS}/Search"))["recordsTotal"] == 1
    assert (await robot.get(f"{CREDENTIALS}/GetSSHCertificateByDomainUser/corp/mine")).status_code == 200
    assert (await estate.get(estate.admin, f"{CREDENTIALS}/{app}"))["username"] == "app"
