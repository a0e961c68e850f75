"""A person's sign-in for an SSH key: the server's part is real, and nothing else is taken for an answer."""

from __future__ import annotations

import asyncssh
import pytest

from installation import ADMIN, ADMIN_PASSWORD
from locum.client import BadAnswer, NotAuthenticated, register_sign_in_key
from locum.client.person import _end, _token
from secret_server import SecretServer


def register(server: SecretServer, line: str, password: str = ADMIN_PASSWORD) -> object:
    return register_sign_in_key(
        f"https://{server.at.https}", server.ca_file, user=ADMIN, password=password, code=lambda: "", public_key=line,
        name="today",
    )  # fmt: skip


def test_the_key_ends_when_the_server_says(secret_server: SecretServer) -> None:
    line = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    end = register(secret_server, line)
    held = [key for key in secret_server.admin.call("GET", "/api/locum/v1/SshKey") if key["publicKey"] in line]
    assert [_end(key) for key in held] == [end]


def test_a_wrong_password_is_refused(secret_server: SecretServer) -> None:
    with pytest.raises(NotAuthenticated):
        register(secret_server, "x", password="wrong")


@pytest.mark.parametrize("found", [None, {}, "", "é", "a\r\nb: c"])
def test_only_a_token_is_taken_for_one(found: object) -> None:
    with pytest.raises(BadAnswer):
        _token(found)


@pytest.mark.parametrize("found", [None, {}, [], {"endsAt": None}, {"endsAt": "soon"}, {"endsAt": "2026-11-27"}])
def test_only_an_instant_is_taken_for_one(found: object) -> None:
    with pytest.raises(BadAnswer):
        _end(found)
