"""A terminal and its files on the wire."""

from __future__ import annotations

from locum.api.wire.base import encoder
from locum.api.wire.terminal import Folder, FolderEntry, TerminalTicket, Uploaded


def test_names_are_the_apis() -> None:
    assert encoder.encode(TerminalTicket(ticket="t")) == b'{"ticket":"t"}'
    assert encoder.encode(Uploaded(path="/a", size=7)) == b'{"path":"/a","size":7}'
    folder = encoder.encode(Folder(path="/", entries=[FolderEntry(name="a", kind="file", size=1 << 40)]))
    assert b'{"name":"a","kind":"file","size":1099511627776,"changedDateTimeUtc":null}' in folder
    assert folder.endswith(b'"isWhole":true}')
