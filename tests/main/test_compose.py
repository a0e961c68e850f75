"""Composition: every part is built, none is started; an unknown platform is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.connectors.base import Target
from locum.identities.relying_party import RelyingParty
from locum.kit.db import Database
from locum.kit.errors import Invalid
from locum.kit.settings import Settings
from locum.main.compose import compose, open_connector, open_keeper
from locum.vault.secret import Secret
from world import make_world


@pytest.mark.anyio
async def test_a_composed_node_is_not_ready_before_it_serves(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    (tmp_path / "public").mkdir()
    settings = Settings(data_dir=tmp_path, public_ssh="ssh.example.org:22")
    node = compose(settings, database, world.vault)
    assert not node.api.healthy()
    assert node.api.ssh_address == "ssh.example.org:22"
    options = await database.read(node.api.passkeys.sign_in_options)
    assert options.relying_party == RelyingParty("localhost", ("https://localhost:6500",))
    assert compose(settings, database, world.vault).name == node.name
    await node.gateways.recorder.stop()
    node.hasher.close()


def test_a_platform_without_a_connector_is_refused() -> None:
    target = Target("127.0.0.1", 22, "x", Secret("x"), None, None, True, None)
    with pytest.raises(Invalid, match="no connector"):
        open_connector("vax", target)
    with pytest.raises(Invalid, match="can't change secrets on vax"):
        open_keeper("vax", target)
