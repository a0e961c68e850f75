"""The user CA on the wire."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import encoder
from locum.api.wire.ssh_user_ca import SshUserCa, SshUserCaTrust


def test_names_are_the_apis() -> None:
    assert encoder.encode(SshUserCa(public_key="ssh-ed25519 AAAA x")) == b'{"publicKey":"ssh-ed25519 AAAA x"}'
    shown = encoder.encode(SshUserCaTrust(managed_resource_id=UUID(int=1), trusted=True))
    assert shown == b'{"managedResourceId":"00000000-0000-0000-0000-000000000001","trusted":true}'
