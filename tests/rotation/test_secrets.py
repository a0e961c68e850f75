"""The parts of a secret: kept as a candidate, made the credential's own, and what there was before."""

from __future__ import annotations

import pytest

from locum.connectors.base import Target
from locum.credentials import ssh_key
from locum.credentials.add import get_credential
from locum.credentials.model import AuthenticationMethod
from locum.kit.db import Tx
from locum.kit.errors import Conflict, NotFound
from locum.rotation import secrets
from locum.rotation.secrets import Parts
from locum.vault.secret import Secret
from memory_target import SERVICE, MemoryKeeper
from rotation_stage import RotationStage

pytestmark = pytest.mark.anyio


def test_what_a_credential_has() -> None:
    assert secrets.parts_of(AuthenticationMethod.PASSWORD) == (True, False)
    assert secrets.parts_of(AuthenticationMethod.SSH_KEY) == (False, True)
    assert secrets.parts_of(AuthenticationMethod.SSH_KEY_AND_PASSWORD) == (True, True)


def test_dependants_have_the_password_or_else_the_key() -> None:
    key = ssh_key.generate(ssh_key.KeyAlgorithm.ED25519)
    assert Parts(Secret("p"), key.openssh()).shown == Secret("p")
    only = Parts(private_key=key.openssh())
    assert only.shown.reveal_text().startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert only.public_key == key.public_line
    assert Parts(Secret("p")).public_key is None


@pytest.mark.parametrize("kind", ["password", "key", "both"])
async def test_a_candidate_opens_as_it_was_kept_and_becomes_the_secret(stage: RotationStage, kind: str) -> None:
    credential_id = await stage.login("app", kind)
    before = await stage.current(credential_id)
    key = ssh_key.generate(ssh_key.KeyAlgorithm.ECDSA)
    new = Parts(Secret("ünew") if before.password else None, key.openssh() if before.private_key else None)
    vault = stage.work.vault

    def turn(tx: Tx) -> tuple[Parts, Parts]:
        kept = secrets.keep_candidate(tx, vault, new)
        with pytest.raises(NotFound):
            secrets.candidate(tx, vault, credential_id)
        opened = secrets.candidate(tx, vault, kept)
        secrets.promote(tx, vault, get_credential(tx, credential_id), opened)
        return opened, secrets.current(tx, vault, get_credential(tx, credential_id), back=1)

    opened, earlier = await stage.database.write(turn)
    assert (opened.password, opened.public_key) == (new.password, new.public_key)
    assert (earlier.password, earlier.public_key) == (before.password, before.public_key)
    assert (await stage.current(credential_id)).public_key == new.public_key
    row = await stage.database.read(get_credential, credential_id)
    assert row.public_key == (key.public_line if new.private_key else None)
    with pytest.raises(Conflict):
        await stage.database.read(secrets.current, vault, row, back=2)


async def test_each_part_is_asked_about_and_given(stage: RotationStage) -> None:
    credential_id = await stage.login("app", "both")
    keeper, before = MemoryKeeper(stage.target), await stage.current(credential_id)
    other = Parts(Secret("other"), ssh_key.generate(ssh_key.KeyAlgorithm.ED25519).openssh())
    assert await secrets.accepted(keeper, "app", before) == [True, True]
    assert await secrets.accepted(keeper, "app", Parts(Secret("other"), before.private_key)) == [False, True]
    await secrets.give(keeper, "app", other, instead_of=before)
    assert await secrets.accepted(keeper, "app", before) == [False, False]
    assert await secrets.accepted(keeper, "app", other) == [True, True]


def test_a_target_is_entered_with_other_parts() -> None:
    target = Target("h", 22, SERVICE, Secret("old"), Secret("key"), None, False, None)
    assert secrets.instead(target, Parts(Secret("new"))).password == Secret("new")
    assert secrets.instead(target, Parts(Secret("new"))).private_key == Secret("key")
    assert secrets.instead(target, Parts(None, Secret("k2"))).private_key == Secret("k2")
