"""A body for each operation that sets something of a credential, and what its caller may set."""

from __future__ import annotations

from typing import Any

from estate import CREDENTIALS, SERVICE_PASSWORD, Estate, made
from locum.credentials import ssh_key

SETTABLE_CREDENTIALS = {
    "CredentialIn": "domain username password enablePassword name description type platformId sudoCommand"
    " changeOnCheckout changeOnRelease authenticationMethod passphrase privateKey",
    "CredentialChangeIn": "domain username password enablePassword name description type platformId sudoCommand"
    " changeOnCheckout changeOnRelease authenticationMethod passphrase privateKey",
    "CredentialPutIn": "id domain username password enablePassword name description type platformId sudoCommand"
    " changeOnCheckout changeOnRelease authenticationMethod passphrase privateKey",
    "SshFormInfoIn": "authenticationMethod autoGenPassphrase passphrase privateKey keyGenAlgorithm keyLength",
    "PostSessionIn": "action",
}


async def credential_samples(estate: Estate) -> dict[str, tuple[Any, dict[str, str]]]:
    """By operation: its body, and the ids in its path."""
    admin, locum = estate.admin, estate.ids["locum"]
    mine = made(await admin.post(CREDENTIALS, {"username": "keys", "password": SERVICE_PASSWORD}))["id"]
    managed = {"managedResourceId": estate.ids["web01"], "managedType": "Manual"}
    user = made(await admin.put(f"/api/locum/v1/Credential/{mine}/ManagedUser", managed))["userId"]
    add = {"privateKey": ssh_key.generate(ssh_key.KeyAlgorithm.ED25519).openssh().reveal_text()}
    generate = {"keyGenAlgorithm": "Ed25519"}
    rests = made(await admin.post(CREDENTIALS, {"username": "rests", "password": SERVICE_PASSWORD}))["id"]
    check_out = {"exclusive": False}
    lent = made(await admin.post(CREDENTIALS, {"username": "lent", "password": SERVICE_PASSWORD}))["id"]
    leased = made(await admin.post(f"/api/locum/v1/Credential/{lent}/CheckOut", check_out), 201)["id"]
    dependant = await estate.dependant()
    told = {"resourceId": estate.ids["web01"], "parameters": {"path": "/etc/a", "pattern": "{secret}"}}
    return {
        "Credential.CreateAsync": ({"username": "deploy", "password": SERVICE_PASSWORD}, {}),
        "Credential.UpdateAsync": ({"name": "renamed"}, {"id": locum}),
        "Credential.Put": ({"id": locum, "name": "renamed"}, {}),
        "Credential.AddCredentialSshCertificateAsync": (add, {"credentialId": mine}),
        "Credential.AddUserSshCertificateAsync": (add, {"userId": user}),
        "Credential.GenerateCredentialSshCertificateAsync": (generate, {"credentialId": mine}),
        "Credential.GenerateUserSshCertificateAsync": (generate, {"userId": user}),
        "Lease.CheckOut": (check_out, {"credentialId": locum}),
        "Lease.Extend": ({"minutes": 5}, {"leaseId": leased}),
        "ManagedUser.Manage": (managed, {"credentialId": rests}),
        "ManagedUser.RotateAccounts": ({"ids": [locum]}, {}),
        "Dependant.Create": ({"name": "second", **told}, {"credentialId": locum}),
        "Dependant.Change": ({"name": "renamed", **told}, {"dependantId": dependant}),
        "Credential.SetPostSession": ({"action": "Enable"}, {"credentialId": locum}),
    }
