"""The SSH gateway on the wire."""

from __future__ import annotations

from locum.api.wire.base import encoder
from locum.api.wire.ssh_gateway import SshGatewayView


def test_names_are_the_apis() -> None:
    shown = encoder.encode(SshGatewayView(address="gw.example:4422", host_key="ssh-ed25519 AAAA"))
    assert shown == b'{"address":"gw.example:4422","hostKey":"ssh-ed25519 AAAA"}'
