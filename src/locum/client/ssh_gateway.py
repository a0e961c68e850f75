"""Where the SSH gateway is, asked of the server without an API key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from locum.client import wire
from locum.client.address import server, trusted
from locum.client.errors import BadAnswer
from locum.client.exchange import Call

PATH = "/api/locum/v1/SshGateway"

_HOST_KEY = re.compile(r"[a-z0-9@.-]{1,64} [A-Za-z0-9+/=]{16,8192}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|[0-9A-Fa-f:.]{2,45}")


@dataclass(frozen=True, slots=True)
class SshGateway:
    """`host_key` is what stands behind a host in known_hosts."""

    host: str
    port: int
    host_key: str


def ssh_gateway(url: str | None, ca_file: str | Path | None, *, timeout: float = 10.0) -> SshGateway:
    """Ask the server at `url` (else LOCUM_URL), once. Raises ClientError.

    The answer becomes a part of command lines and files, so nothing but a host, a port and a key is taken.
    """
    with httpx.Client(**wire.plain_options(server(url), trusted(ca_file), timeout)) as client:
        return _read(wire.ask(client, Call("GET", PATH)))


def _read(found: Any) -> SshGateway:
    try:
        where, key = str(found["address"]), str(found["hostKey"])
        host, _, port = where.rpartition(":")
        host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        number = int(port)
    except (TypeError, KeyError, ValueError):
        raise BadAnswer("the answer is no address of an SSH gateway") from None
    if not (_HOST.fullmatch(host) and 1 <= number <= 65_535 and _HOST_KEY.fullmatch(key)):
        raise BadAnswer("the answer is no address of an SSH gateway")
    return SshGateway(host, number, key)
