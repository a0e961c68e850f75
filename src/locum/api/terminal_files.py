"""/api/locum/v1/Terminal/{terminalId}: files up and down beside an open terminal, where the profile allows them.

They go through the gateway like any client's over SFTP: its rules hold, and name, size and digest of each file are
kept. Nothing but the part under way is in memory, whatever the size.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import posixpath
import stat
from collections.abc import AsyncGenerator
from typing import Any, cast
from uuid import UUID

import asyncssh

from locum.api.context import Call, Download
from locum.api.guards import SIGNED_IN
from locum.api.operations import operation
from locum.api.reading import BodyParts
from locum.api.terminal import holder_of
from locum.api.terminals import Shell
from locum.api.wire.base import In, Path, at
from locum.api.wire.terminal import Folder, FolderEntry, Uploaded
from locum.kit.errors import Conflict, Invalid
from locum.kit.permissions import Permission

PART_BYTES = 256 * 1024
MOST_ENTRIES = 2000
HOME = "."


class TerminalId(In):
    terminal_id: UUID


class FileQuery(In):
    """Paths that don't begin with a slash begin where the person does: in their home."""

    path: Path = HOME


class UploadQuery(In):
    """`replace`: a file that is there already may be overwritten."""

    path: Path = HOME
    replace: bool = False


@operation(
    "Terminal.Folder",
    "GET /api/locum/v1/Terminal/{terminalId}/Folder",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404, 409),
    summary="What is in a folder on the target of one's own open terminal",
)
async def get_folder(call: Call[TerminalId, FileQuery, None]) -> Folder:
    async with _shell(call).files() as sftp:
        path = await sftp.realpath(call.query.path)
        found: list[FolderEntry] = []
        async with contextlib.aclosing(sftp.scandir(path)) as names:  # type: ignore[type-var] # it is a generator
            async for name in names:
                if name.filename in (".", ".."):
                    continue
                if len(found) == MOST_ENTRIES:
                    return Folder(path=str(path), entries=found, is_whole=False)
                found.append(_entry(name))
    return Folder(path=str(path), entries=found)


@operation(
    "Terminal.Download",
    "GET /api/locum/v1/Terminal/{terminalId}/File",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(404, 409),
    summary="A file from the target of one's own open terminal; its digest is kept in the audit log",
)
async def download(call: Call[TerminalId, FileQuery, None]) -> Download:
    path = call.query.path
    parts = _read(_shell(call), path)
    size = int.from_bytes(
        await anext(parts)
    )  # the first part: that it can be read is known before anything is sent
    return Download(posixpath.basename(path), size or None, parts)


@operation(
    "Terminal.Upload",
    "PUT /api/locum/v1/Terminal/{terminalId}/File",
    who=SIGNED_IN,
    permission=Permission.SESSIONS_OWN_USE,
    problems=(400, 404, 409),
    summary="A file for the target of one's own open terminal; its digest is kept in the audit log",
)
async def upload(call: Call[TerminalId, UploadQuery, BodyParts]) -> Uploaded:
    """What did not arrive whole is removed again, where nothing was there before."""
    path, new = call.query.path, not call.query.replace
    size, is_made = 0, False
    async with _shell(call).files() as sftp:
        if new and await sftp.exists(path):
            raise Conflict("there is something with this name already")
        try:
            async with sftp.open(path, "xb" if new else "wb") as file:
                is_made = True
                async for part in call.body.parts:
                    await file.write(part)
                    size += len(part)
        except BaseException:
            if new and is_made:
                with contextlib.suppress(asyncssh.Error, OSError):
                    await sftp.remove(path)
            raise
    return Uploaded(path=path, size=size)


def _shell(call: Call[TerminalId, Any, Any]) -> Shell:
    return call.api.terminals.get(call.params.terminal_id, holder_of(call))


async def _read(shell: Shell, path: str) -> AsyncGenerator[bytes, None]:
    """The size of the file, then its parts."""
    async with shell.files() as sftp:
        found = await sftp.stat(path)
        if found.permissions is not None and not stat.S_ISREG(found.permissions):
            raise Invalid("only files can be fetched", field="path")
        left = size = found.size or 0
        async with sftp.open(path, "rb") as file:
            yield size.to_bytes(8)
            # A file without a size, as in /proc, is read to its end; another one as far as it went when it was opened.
            while part := await file.read(min(PART_BYTES, left) if size else PART_BYTES):
                yield cast(bytes, part)
                left -= len(part)
                if size and not left:
                    break


def _entry(name: asyncssh.SFTPName) -> FolderEntry:
    attributes = name.attrs
    mode = attributes.permissions or 0
    kinds = ((stat.S_ISDIR, "folder"), (stat.S_ISREG, "file"), (stat.S_ISLNK, "link"))
    changed = None if attributes.mtime is None else dt.datetime.fromtimestamp(attributes.mtime, dt.UTC)
    return FolderEntry(
        name=str(name.filename),
        kind=next((kind for holds, kind in kinds if holds(mode)), "other"),
        size=attributes.size or 0,
        changed_date_time_utc=at(changed),
    )
