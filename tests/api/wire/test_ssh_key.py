"""SSH keys on the wire."""

from __future__ import annotations

import msgspec

from locum.api.wire.base import NEVER, encoder
from locum.api.wire.ssh_key import NewSshKey, SshKeyView


def test_what_is_sent() -> None:
    sent = msgspec.json.decode(encoder.encode(SshKeyView(name="laptop", security_key=True)))
    assert (sent["name"], sent["securityKey"], sent["createdDateTimeUtc"]) == ("laptop", True, str(NEVER))
    assert sent["lastUsedDateTimeUtc"] is None


def test_what_is_read() -> None:
    read = msgspec.convert({"name": "laptop", "publicKey": "ssh-ed25519 AAAA"}, NewSshKey)
    assert (read.name, read.public_key) == ("laptop", "ssh-ed25519 AAAA")
