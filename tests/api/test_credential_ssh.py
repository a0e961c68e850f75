"""SSH keys of credentials: given, generated, shown to who may, and downloaded in each form (CRED-03)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audited import details
from estate import CREDENTIALS, SERVICE_PASSWORD, Estate, made, problem
from locum.credentials import ssh_key
from locum.vault.secret import Secret

pytestmark = pytest.mark.anyio

PASSPHRASE = "canary-77aa-passphrase"


def pem(passphrase: str | None = None) -> str:
    form = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, form).decode()


async def login(estate: Estate, username: str = "deploy", **more: Any) -> str:
    body = {"username": username, "password": SERVICE_PASSWORD, **more}
    return str(made(await estate.admin.post(CREDENTIALS, body))["id"])


async def account(estate: Estate, credential_id: str) -> str:
    """Its account on web01."""
    body = {"managedResourceId": estate.ids["web01"], "managedType": "Manual"}
    path = f"/api/locum/v1/Credential/{credential_id}/ManagedUser"
    return str(made(await estate.admin.put(path, body))["userId"])


async def download(estate: Estate, credential_id: str, **query: Any) -> dict[str, Any]:
    view: dict[str, Any] = await estate.get(
        estate.admin, f"/api/locum/v1/Credential/{credential_id}/SshKey", **query
    )
    return view


@pytest.mark.sees_effect("Credential.AddCredentialSshCertificateAsync")
@pytest.mark.sees_effect("Credential.AddUserSshCertificateAsync")
@pytest.mark.sees_effect("Credential.GetCredentialSshCertificateAsync")
@pytest.mark.sees_effect("Credential.GetUserSshCertificateAsync")
async def test_a_key_is_added_and_its_passphrase_kept(estate: Estate) -> None:
    mine = await login(estate)
    user = await account(estate, mine)
    problem(await estate.admin.get(f"{CREDENTIALS}/GetCredentialSSHCertificate/{mine}"), 404)
    for add, get in (
        (f"AddCredentialSSHCertificate/{mine}", f"GetCredentialSSHCertificate/{mine}"),
        (f"AddUserSSHCertificate/{user}", f"GetUserSSHCertificate/{user}"),
    ):
        text = pem(PASSPHRASE)
        answer = await estate.admin.post(
            f"{CREDENTIALS}/{add}", {"privateKey": text, "passphrase": PASSPHRASE, "authenticationMethod": 0}
        )
        view = made(answer)
        public = ssh_key.read(Secret(text), Secret(PASSPHRASE)).public_line
        assert (view["publicKey"], view["privateKey"], view["passphrase"]) == (public, None, None)
        assert "canary" not in answer.text
        assert (view["authenticationMethod"], view["keyGenAlgorithm"], view["keyLength"]) == (2, "Ed25519", 256)
        kept = await estate.get(estate.admin, f"{CREDENTIALS}/{get}")
        assert ssh_key.read(Secret(kept["privateKey"])).public_line == kept["publicKey"] == public
        assert kept["passphrase"] == PASSPHRASE
    said = details(estate.database, "credential.secret_revealed", mine)
    assert [one["parts"] for one in said] == ["private_key passphrase"] * 2
    for refused in ({}, {"privateKey": "canary"}, {"privateKey": pem(PASSPHRASE), "passphrase": "canary-wrong"}):
        answer = await estate.admin.post(f"{CREDENTIALS}/AddCredentialSSHCertificate/{mine}", refused)
        assert "privateKey" in problem(answer, 400)["errors"]
        assert "canary" not in answer.text
    problem(await estate.admin.post(f"{CREDENTIALS}/AddUserSSHCertificate/{uuid4()}", {"privateKey": pem()}), 404)


@pytest.mark.sees_effect("Credential.GenerateCredentialSshCertificateAsync")
@pytest.mark.sees_effect("Credential.GenerateUserSshCertificateAsync")
@pytest.mark.sees_effect("Credential.GetSshKeyGenAlgorithmsAsync")
@pytest.mark.sees_effect("Credential.DownloadSshKey")
async def test_keys_of_each_algorithm_are_generated_and_downloaded(estate: Estate) -> None:
    mine = await login(estate)
    user = await account(estate, mine)
    offered = await estate.get(estate.admin, f"{CREDENTIALS}/SSHKeyGenAlgorithms")
    paths = (f"GenerateCredentialSSHCertificate/{mine}", f"GenerateUserSSHCertificate/{user}")
    seen = set()
    for n, (algorithm, lengths) in enumerate(offered.items()):
        length = min(lengths)
        body = {"keyGenAlgorithm": algorithm, "keyLength": length, "autoGenPassphrase": n % 2 == 0}
        view = made(await estate.admin.post(f"{CREDENTIALS}/{paths[n % 2]}", body))
        assert (view["keyGenAlgorithm"], view["keyLength"], view["privateKey"]) == (algorithm, length, None)
        seen.add(view["publicKey"])
        plain = await download(estate, mine)
        assert plain["content"].startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
        as_pem = await download(estate, mine, pem=True)
        assert as_pem["content"].startswith("-----BEGIN PRIVATE KEY-----")
        for file in (plain, as_pem):
            key = ssh_key.read(Secret(file["content"]))
            assert (key.public_line, key.fingerprint) == (view["publicKey"], file["fingerprint"])
        if body["autoGenPassphrase"]:
            word = (await estate.get(estate.admin, f"{CREDENTIALS}/{mine}", showPassword=True))["passphrase"]
            closed = await download(estate, mine, encrypted=True)
            assert ssh_key.read(Secret(closed["content"]), Secret(word)).public_line == view["publicKey"]
        else:
            problem(await estate.admin.get(f"/api/locum/v1/Credential/{mine}/SshKey", encrypted=True), 400)
    assert len(seen) == len(offered) == 3
    assert estate.audited("credential.secret_exported", mine) == 8
    for refused, field in (
        ({"keyGenAlgorithm": "DSA"}, "keyGenAlgorithm"),
        ({"keyGenAlgorithm": "RSA", "keyLength": 1024}, "keyLength"),
        ({"passphrase": "x"}, "passphrase"),
        ({"privateKey": pem()}, "privateKey"),
    ):
        answer = await estate.admin.post(f"{CREDENTIALS}/{paths[0]}", refused)
        assert field in problem(answer, 400)["errors"]


@pytest.mark.sees_effect("Credential.GetSshCertificateByUserAsync")
@pytest.mark.sees_effect("Credential.GetSshCertificateByDomainUserAsync")
async def test_a_key_is_found_by_its_login(estate: Estate) -> None:
    alone, inside = await login(estate), await login(estate, domain="Corp")
    publics = []
    for mine in (alone, inside):
        view = made(await estate.admin.post(f"{CREDENTIALS}/GenerateCredentialSSHCertificate/{mine}", {}))
        publics.append(view["publicKey"])
    robot = estate.callers.application("robot")
    for who in (estate.admin, robot):
        by_user = await estate.get(who, f"{CREDENTIALS}/GetSSHCertificateByUser/deploy")
        by_domain = await estate.get(who, f"{CREDENTIALS}/GetSSHCertificateByDomainUser/CORP/deploy")
        assert [by_user["publicKey"], by_domain["publicKey"]] == publics
        assert by_user["privateKey"]
    assert estate.audited("credential.secret_revealed", alone) == 2
    problem(await estate.admin.get(f"{CREDENTIALS}/GetSSHCertificateByUser/nobody"), 404)
    problem(await estate.ada.get(f"{CREDENTIALS}/GetSSHCertificateByUser/deploy"), 403)
