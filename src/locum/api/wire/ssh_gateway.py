"""How people reach the SSH gateway. The contract has no such thing."""

from __future__ import annotations

from locum.api.wire.base import Out


class SshGatewayView(Out):
    """`address` is HOST:PORT, `hostKey` what stands behind a host in known_hosts: algorithm and key."""

    address: str = ""
    host_key: str = ""
