"""Where the SSH gateway is and which key it has: what a client must know before it can trust it."""

from __future__ import annotations

from locum.api.context import Call
from locum.api.guards import ANYONE
from locum.api.operations import operation
from locum.api.wire.ssh_gateway import SshGatewayView


@operation(
    "SshGateway.Get",
    "GET /api/locum/v1/SshGateway",
    who=ANYONE,
    summary="The address of the SSH gateway and its host key, for known_hosts",
)
async def get_ssh_gateway(call: Call[None, None, None]) -> SshGatewayView:
    """Both are told to whoever connects there; here the server's certificate vouches for them."""
    return SshGatewayView(address=call.api.ssh_address, host_key=call.api.ssh_host_key)
