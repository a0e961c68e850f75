"""A call of each operation of the vault that reads no JSON object, in a database where each of them succeeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from estate import CREDENTIALS, NIL, RESOURCES, SERVICE_PASSWORD, Estate, made
from identities_world import Caller
from locum.credentials import ssh_key

LOCUM = "/api/locum/v1"
GROUP, OVERRIDE = "/api/v1/CredentialGroup", "/api/v1/OverridePolicy"


@dataclass
class Asked:
    """One call; `path` with its query. `body` is bytes or what becomes JSON."""

    path: str
    who: Caller
    body: Any = None


async def login(estate: Estate, name: str, *, placed: bool = True) -> tuple[str, str]:
    """A login with all that a credential can keep, and the id of its account on the host."""
    body = {
        "username": name,
        "domain": "corp",
        "password": SERVICE_PASSWORD,
        "enablePassword": f"{SERVICE_PASSWORD}-enable",
        "authenticationMethod": 2,
        "privateKey": ssh_key.generate(ssh_key.KeyAlgorithm.ED25519).openssh().reveal_text(),
    }
    one = made(await estate.admin.post(CREDENTIALS, body))["id"]
    made(await estate.admin.put(f"{CREDENTIALS}/{one}", {"password": f"{SERVICE_PASSWORD}-2"}))
    if not placed:
        return one, NIL
    place = {"managedResourceId": estate.ids["web01"], "managedType": 1}
    return one, made(await estate.admin.put(f"{LOCUM}/Credential/{one}/ManagedUser", place))["userId"]


async def _of_credentials(estate: Estate) -> dict[str, Asked]:
    admin, robot = estate.admin, estate.callers.application("robot")
    app, user = await login(estate, "app")
    free, _ = await login(estate, "free", placed=False)
    made(await admin.post(CREDENTIALS, {"username": "plain", "password": SERVICE_PASSWORD}))
    key = {"privateKey": ssh_key.generate(ssh_key.KeyAlgorithm.ED25519).openssh().reveal_text()}
    plain = (await estate.get(admin, CREDENTIALS, userName="plain"))[0]["id"]
    made(await admin.post(f"{CREDENTIALS}/AddCredentialSSHCertificate/{plain}", key))
    made(await admin.post(RESOURCES, {"name": "safe", "type": 4}))
    token = await admin.http.post(f"{LOCUM}/Secret?kind=token&name=token", content=b"canary-token")
    kept = made(token, 201)["id"]
    one, secret = f"{CREDENTIALS}/{app}", f"{LOCUM}/Secret"
    return {
        "Credential.Delete": Asked(f"{CREDENTIALS}/{free}", admin),
        "Credential.DeleteMultipleAsync": Asked(f"{CREDENTIALS}/DeleteMultiple", admin, [free]),
        "Credential.GetById": Asked(f"{one}?showPassword=true", admin),
        "Credential.GetByUserId": Asked(f"{CREDENTIALS}/ByUserId/{user}?showPassword=true", robot),
        "Credential.NewPasswordFromCredential": Asked(f"{CREDENTIALS}/NewCredentialFromCredential/{app}", robot),
        "Credential.DeleteByHostUserAsync": Asked(f"{CREDENTIALS}/DeleteByHostUser/{user}", admin),
        "Credential.SetOnChangeReset": Asked(f"{CREDENTIALS}/OnChangeReset?changeOnRelease=true", admin, [free]),
        "Credential.SetCredentialVaultAsync": Asked(f"{CREDENTIALS}/SetVault/safe/plain", admin),
        "Credential.CiscoEnablePassword": Asked(f"{one}/CiscoEnablePassword", admin),
        "Credential.GetCredentialSshCertificateAsync": Asked(
            f"{CREDENTIALS}/GetCredentialSSHCertificate/{app}", admin
        ),
        "Credential.GetUserSshCertificateAsync": Asked(f"{CREDENTIALS}/GetUserSSHCertificate/{user}", admin),
        "Credential.GetSshCertificateByUserAsync": Asked(f"{CREDENTIALS}/GetSSHCertificateByUser/plain", admin),
        "Credential.GetSshCertificateByDomainUserAsync": Asked(
            f"{CREDENTIALS}/GetSSHCertificateByDomainUser/corp/app", admin
        ),
        "Credential.DownloadSshKey": Asked(f"{LOCUM}/Credential/{app}/SshKey", admin),
        "Secret.Create": Asked(f"{secret}?kind=file&name=file", admin, b"canary-file"),
        "Secret.PutContent": Asked(f"{secret}/{kept}/Content", admin, b"canary-token-2"),
        "Secret.Reveal": Asked(f"{secret}/{kept}/Reveal", admin),
        "Secret.Copy": Asked(f"{secret}/{kept}/Copy", admin),
        "Secret.Export": Asked(f"{secret}/{kept}/Export", admin),
        "ManagedUser.Unmanage": Asked(f"{LOCUM}/Credential/{app}/ManagedUser", admin),
    }


async def _of_rotations(estate: Estate) -> dict[str, Asked]:
    admin = estate.admin
    idle, running, paused = [(await login(estate, name))[0] for name in ("idle", "running", "paused")]
    started = [
        made(await admin.post(f"{LOCUM}/Credential/{one}/Rotate"), 201)["id"] for one in (running, paused)
    ]
    made(await admin.post(f"{LOCUM}/Rotation/{started[1]}/Pause"))
    leased, _ = await login(estate, "leased")
    lease = made(await admin.post(f"{LOCUM}/Credential/{leased}/CheckOut", {}), 201)["id"]
    dependant = await estate.dependant()
    return {
        "Rotation.Start": Asked(f"{LOCUM}/Credential/{idle}/Rotate", admin),
        "Rotation.Rollback": Asked(f"{LOCUM}/Credential/{idle}/Rollback", admin),
        "Rotation.Verify": Asked(f"{LOCUM}/Credential/{idle}/Verify", admin),
        "Rotation.Pause": Asked(f"{LOCUM}/Rotation/{started[0]}/Pause", admin),
        "Rotation.Resume": Asked(f"{LOCUM}/Rotation/{started[1]}/Resume", admin),
        "Rotation.Abort": Asked(f"{LOCUM}/Rotation/{started[0]}/Abort", admin),
        "Lease.Secret": Asked(f"{LOCUM}/Lease/{lease}/Secret", admin),
        "Lease.CheckIn": Asked(f"{LOCUM}/Lease/{lease}/CheckIn", admin),
        "Lease.ForceCheckIn": Asked(f"{LOCUM}/Lease/{lease}/ForceCheckIn", admin),
        "Dependant.Delete": Asked(f"{LOCUM}/Dependant/{dependant}", admin),
    }


async def _of_rules(estate: Estate) -> dict[str, Asked]:
    admin = estate.admin
    platform = (await estate.get(admin, "/api/v1/Platform"))[0]["id"]
    copy = made(await admin.post("/api/v1/Platform", {"name": "copy", "basePlatformId": platform}))["id"]
    rule = {"name": "short", "lowerCase": True, "length": 12}
    complexity = made(await admin.post("/api/v1/PasswordComplexity", rule))["id"]
    schedule = made(await admin.post("/api/v1/ScheduledChangePolicy", {"name": "often", "frequency": 4}))["id"]
    group = made(await admin.post(GROUP, {"name": "logins"}))["id"]
    override = made(await admin.post(OVERRIDE, {"name": "quick", "platformId": platform}))["id"]
    member, other = [(await login(estate, name, placed=False))[0] for name in ("member", "other")]
    made(await admin.post(f"{GROUP}/{group}/Credential", [member]))
    made(await admin.post(f"{OVERRIDE}/{override}/Member", [member]))
    return {
        "PasswordComplexity.Delete": Asked(f"/api/v1/PasswordComplexity/{complexity}", admin),
        "ScheduledChangePolicy.Delete": Asked(f"/api/v1/ScheduledChangePolicy/{schedule}", admin),
        "Platform.Delete": Asked(f"/api/v1/Platform/{copy}", admin),
        "CredentialGroup.Delete": Asked(f"{GROUP}/{group}", admin),
        "CredentialGroup.AddCredentials": Asked(f"{GROUP}/{group}/Credential", admin, [other]),
        "CredentialGroup.RemoveCredentials": Asked(
            f"{GROUP}/{group}/Credential/DeleteMultiple", admin, [member]
        ),
        "OverridePolicy.Delete": Asked(f"{OVERRIDE}/{override}", admin),
        "OverridePolicy.AddMembers": Asked(f"{OVERRIDE}/{override}/Member", admin, [other]),
        "OverridePolicy.RemoveMembers": Asked(f"{OVERRIDE}/{override}/Member/DeleteMultiple", admin, [member]),
    }


async def vault_calls(estate: Estate) -> dict[str, Asked]:
    """By operation. Each is to be made on a copy of the database: some take away what others need."""
    return {**await _of_credentials(estate), **await _of_rotations(estate), **await _of_rules(estate)}
