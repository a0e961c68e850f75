"""Keys of an installation: made once, the same for every node, public halves only in the open."""

from __future__ import annotations

import pytest

from locum.kit.db import Database
from locum.kit.settings import Settings
from locum.main import keys
from world import new_vault


@pytest.mark.anyio
async def test_keys_are_made_once_and_their_public_halves_match(database: Database, tmp_path: object) -> None:
    vault = new_vault(tmp_path)  # type: ignore[arg-type]
    await database.write(keys.ensure_all, vault)
    first = await database.read(keys.load, vault, keys.AUDIT_SIGNING)
    await database.write(keys.ensure_all, vault)
    assert await database.read(keys.load, vault, keys.AUDIT_SIGNING) == first
    public = await database.read(keys.public_keys, vault)
    assert set(public) == {
        "audit-signing.pub",
        "recording-signing.pub",
        "token-signing.pub",
        "ssh_host_key.pub",
        "ssh_user_ca.pub",
    }
    assert all(b"PRIVATE" not in content for content in public.values())
    assert public["ssh_host_key.pub"].startswith(b"ssh-ed25519 ")


def test_the_certificate_is_for_the_public_name_too(tmp_path: object) -> None:
    settings = Settings(data_dir=tmp_path, public_url="https://pam.example.org:8443/x", https="10.0.0.1:6500")  # type: ignore[arg-type]
    assert keys.public_hosts(settings) == ["pam.example.org", "10.0.0.1"]
