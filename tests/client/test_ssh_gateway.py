"""Where the gateway is: asked of a real server, and nothing else than an address and a key is taken."""

from __future__ import annotations

import subprocess

import pytest

from locum.client import BadAnswer, SshGateway, Unreachable, Untrusted, ssh_gateway
from locum.client.ssh_gateway import _read
from secret_server import SecretServer

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDI1NTE5"


@pytest.mark.sees_effect("SshGateway.Get")
def test_the_key_is_the_one_that_the_gateway_shows(secret_server: SecretServer) -> None:
    found = ssh_gateway(f"https://{secret_server.at.https}", secret_server.ca_file)
    host, port = secret_server.at.ssh.split(":")
    assert (found.host, found.port) == (host, int(port))
    scanned = subprocess.run(
        ["ssh-keyscan", "-t", "ed25519", "-p", port, host], capture_output=True, text=True, check=True
    )
    assert f" {found.host_key}\n" in scanned.stdout


def test_a_server_that_is_not_trusted_or_not_there_says_nothing(secret_server: SecretServer) -> None:
    with pytest.raises(Untrusted):
        ssh_gateway(f"https://{secret_server.at.https}", None)
    with pytest.raises(Unreachable):
        ssh_gateway("https://127.0.0.1:1", secret_server.ca_file)


def test_an_address_and_a_key() -> None:
    assert _read({"address": "gw.example:22", "hostKey": KEY}) == SshGateway("gw.example", 22, KEY)
    assert _read({"address": "[::1]:22", "hostKey": KEY}) == SshGateway("::1", 22, KEY)


@pytest.mark.parametrize(
    "found",
    [
        None, [], {}, {"address": "gw:22"}, {"address": "gw", "hostKey": KEY}, {"address": "gw:0", "hostKey": KEY},
        {"address": "-oProxyCommand=id:22", "hostKey": KEY}, {"address": "gw\n:22", "hostKey": KEY},
        {"address": "gw;id:22", "hostKey": KEY}, {"address": ":22", "hostKey": KEY},
        {"address": "gw:22", "hostKey": f"{KEY}\nProxyCommand id"}, {"address": "gw:22", "hostKey": f"{KEY} $(id)"},
        {"address": "gw:22", "hostKey": ""},
    ],
)  # fmt: skip
def test_what_could_become_a_command_is_refused(found: object) -> None:
    with pytest.raises(BadAnswer):
        _read(found)
