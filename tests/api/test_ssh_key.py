"""SSH keys over the API: one's own, and an administrator's part in others'."""

from __future__ import annotations

import asyncssh
import pytest

from estate import Estate, made, problem
from locum.identities import ssh_keys
from locum.kit.ids import new_id
from software_security_key import SecurityKey

pytestmark = pytest.mark.anyio

KEYS = "/api/locum/v1/SshKey"


def plain() -> str:
    return asyncssh.generate_private_key("ssh-ed25519", comment="ada@laptop").export_public_key().decode()


@pytest.mark.sees_effect("SshKey.Create")
@pytest.mark.sees_effect("SshKey.GetAll")
async def test_a_person_registers_keys_that_they_can_be_found_by(estate: Estate) -> None:
    line, device = plain(), SecurityKey()
    key = made(await estate.ada.post(KEYS, {"name": "laptop", "publicKey": line}), 201)
    made(await estate.ada.post(KEYS, {"name": "stick", "publicKey": device.line}), 201)
    assert key["fingerprint"] == asyncssh.import_public_key(line).get_fingerprint()
    assert (key["publicKey"], key["algorithm"]) == (" ".join(line.split()[:2]), "ssh-ed25519")
    assert (key["managedAccountId"], key["lastUsedDateTimeUtc"]) == (estate.ids["ada"], None)
    listed = await estate.get(estate.ada, KEYS)
    assert [(one["name"], one["securityKey"]) for one in listed] == [("laptop", False), ("stick", True)]
    assert listed[0] == key
    assert estate.audited("ssh_key.added", estate.ids["ada"]) == 2
    found = estate.database.submit_read(ssh_keys.find, "ADA", key["publicKey"]).result()
    assert str(found.id) == key["id"]
    assert await estate.get(estate.eve, KEYS) == []


async def test_a_key_ends_with_the_sign_in_it_was_made_in(estate: Estate) -> None:
    body = {"name": "today", "publicKey": plain(), "endsWithSignIn": True}
    key = made(await estate.ada.post(KEYS, body), 201)
    current = await estate.get(estate.ada, "/api/locum/v1/SignIn/Current")
    assert key["endsAt"] == current["endsAt"]
    assert estate.database.submit_read(ssh_keys.find, "ada", key["publicKey"]).result() is not None
    assert (await estate.ada.http.post("/api/locum/v1/SignOut")).status_code == 200
    assert estate.database.submit_read(ssh_keys.find, "ada", key["publicKey"]).result() is None


@pytest.mark.sees_effect("SshKey.Delete")
async def test_a_removed_key_is_gone(estate: Estate) -> None:
    key = made(await estate.ada.post(KEYS, {"name": "laptop", "publicKey": plain()}), 201)
    assert (await estate.ada.http.delete(f"{KEYS}/{key['id']}")).status_code == 200
    assert estate.database.submit_read(ssh_keys.find, "ada", key["publicKey"]).result() is None
    assert await estate.get(estate.ada, KEYS) == []
    assert estate.audited("ssh_key.removed", estate.ids["ada"]) == 1
    problem(await estate.ada.http.delete(f"{KEYS}/{key['id']}"), 404)


async def test_an_administrator_sees_and_removes_the_keys_of_others(estate: Estate) -> None:
    key = made(await estate.ada.post(KEYS, {"name": "laptop", "publicKey": plain()}), 201)
    assert await estate.get(estate.admin, KEYS, identityId=estate.ids["ada"]) == [key]
    assert await estate.get(estate.admin, KEYS) == []
    problem(await estate.admin.get(KEYS, identityId=str(new_id())), 404)
    assert (await estate.admin.http.delete(f"{KEYS}/{key['id']}")).status_code == 200
    assert await estate.get(estate.ada, KEYS) == []


async def test_for_others_somebodys_keys_do_not_exist(estate: Estate) -> None:
    key = made(await estate.ada.post(KEYS, {"name": "laptop", "publicKey": plain()}), 201)
    robot = estate.callers.application("robot")
    for stranger in (estate.eve, robot):
        refused = problem(await stranger.http.delete(f"{KEYS}/{key['id']}"), 404)
        assert refused["detail"] == problem(await stranger.http.delete(f"{KEYS}/{new_id()}"), 404)["detail"]
        problem(await stranger.get(KEYS, identityId=estate.ids["ada"]), 404)
    assert await estate.get(estate.ada, KEYS, identityId=estate.ids["ada"]) == [key]
    problem(await robot.post(KEYS, {"name": "laptop", "publicKey": plain()}), 403)
    problem(await estate.callers.nobody().get(KEYS), 401)


async def test_what_is_wrong_with_a_key_is_said(estate: Estate) -> None:
    line = plain()
    made(await estate.ada.post(KEYS, {"name": "laptop", "publicKey": line}), 201)
    problem(await estate.ada.post(KEYS, {"name": "again", "publicKey": line}), 409)
    secret = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    answer = await estate.ada.post(KEYS, {"name": "x", "publicKey": secret})
    assert "private key" in str(problem(answer, 400))
    assert secret.splitlines()[2] not in answer.text
