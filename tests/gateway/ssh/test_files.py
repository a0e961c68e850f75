"""Files through the gateway with the real `sftp` and `scp`, and what is kept of them (SEC-13)."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locum.activities.channel_rules import ChannelRules
from several_gateways import IN_BOTH
from ssh_gateway import Answer, Client, Gate, Tape, connected

pytestmark = pytest.mark.anyio
HOST = "127.0.0.1"
BOTH = ChannelRules(upload=True, download=True)


def allow(gate: Gate, **rules: Any) -> None:
    gate.grant = replace(gate.grant, channels=ChannelRules(**rules))


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A directory on the target, which is this machine."""
    folder = tmp_path / "there"
    folder.mkdir()
    return folder


def files(gate: Gate) -> list[tuple[Any, ...]]:
    return [(d["kind"], d["file"], d.get("bytes"), d.get("sha256")) for _, d in gate.events]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def sftp(client: Client, script: str, *words: str) -> Answer:
    """The real `sftp` with this batch."""
    (client.home / "batch").write_text(script)
    batch = ("-o", "BatchMode=no", "-b", str(client.home / "batch"))
    return await client.run(*batch, *words, HOST, program="sftp")


@IN_BOTH
@pytest.mark.parametrize("program", ["scp", "sftp"])
async def test_files_move_both_ways_and_are_known_by_their_digest(
    client: Client, gate: Gate, tape: Tape, there: Path, program: str
) -> None:
    allow(gate, upload=True, download=True)
    data = os.urandom(3 * 1024 * 1024)
    (client.home / "mine").write_bytes(data)
    if program == "scp":
        up = await client.run("mine", f"{HOST}:{there}/yours", program="scp")
        down = await client.run(f"{HOST}:{there}/yours", "back", program="scp")
        assert (up.status, down.status) == (0, 0), up.err + down.err
    else:
        answer = await sftp(client, f"put mine {there}/yours\nget {there}/yours back\n")
        assert answer.status == 0, answer.err
    assert (there / "yours").read_bytes() == (client.home / "back").read_bytes() == data
    await gate.until_ended()
    moved = [one for one in files(gate) if one[0] in {"uploaded", "downloaded"}]
    path = f"{there}/yours"
    assert moved == [
        ("uploaded", path, len(data), digest(data)),
        ("downloaded", path, len(data), digest(data)),
    ]
    marks = "".join(tape.bytes(grant.connection_id, "m").decode() for grant in gate.grants)
    assert f"file opened to upload: {path}" in marks
    assert f"file uploaded: {path}, {len(data)} bytes, sha256 {digest(data)}" in marks
    assert f"file downloaded: {path}" in marks
    for grant in gate.grants:
        assert tape.bytes(grant.connection_id, "i") == tape.bytes(grant.connection_id, "o") == b""


async def test_who_may_only_upload_reads_nothing(client: Client, gate: Gate, there: Path) -> None:
    allow(gate, upload=True)
    (there / "secret").write_text("x")
    (client.home / "mine").write_text("y")
    answer = await sftp(client, f"put mine {there}/new\nget {there}/secret\n")
    assert answer.status != 0
    assert "locum: downloading files is not allowed" in answer.err
    assert (there / "new").exists()
    assert not (client.home / "secret").exists()


async def test_who_may_only_download_changes_nothing(client: Client, gate: Gate, there: Path) -> None:
    allow(gate, download=True)
    (there / "theirs").write_text("x")
    before = sorted((one.name, one.stat().st_mode) for one in there.iterdir())
    (client.home / "mine").write_text("y")
    changes = (
        "put mine new", "rm theirs", "rename theirs other", "mkdir made", "chmod 777 theirs", "ln theirs hard",
        "ln -s theirs soft", "put mine theirs", "reput mine theirs",
    )  # fmt: skip
    script = f"cd {there}\n" + "".join(f"-{change}\n" for change in changes) + "get theirs\n"
    answer = await sftp(client, script)
    assert answer.status == 0, answer.err
    assert (client.home / "theirs").read_text() == "x"
    assert sorted((one.name, one.stat().st_mode) for one in there.iterdir()) == before
    assert (there / "theirs").read_text() == "x"


async def test_files_lie_only_where_the_profile_says(client: Client, gate: Gate, there: Path) -> None:
    inside, outside = there / "in", there / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    (inside / "file").write_text("in")
    (outside / "file").write_text("out")
    (client.home / "mine").write_text("y")
    allow(gate, upload=True, download=True, paths=(str(inside),))
    answer = await sftp(
        client, f"put mine {inside}/new\nget {inside}/file a\nrename {inside}/new {inside}/newer\n"
    )
    assert answer.status == 0, answer.err
    assert sorted(one.name for one in inside.iterdir()) == ["file", "link", "newer"]
    for attempt in (
        f"get {outside}/file got",
        f"get {inside}/link/file got",
        f"get {inside}/../out/file got",
        f"put mine {outside}/new",
        f"put mine {inside}/link/new",
        f"rename {inside}/newer {outside}/newer",
        f"rename {outside}/file {inside}/got",
        f"rm {inside}/link/file",
        f"mkdir {outside}/made",
        f"ln -s {outside}/file {inside}/got",
        f"ln {outside}/file {inside}/got",
        f"ls {outside}",
        f"chmod 777 {outside}/file",
    ):
        answer = await sftp(client, attempt + "\n")
        assert answer.status != 0, attempt
        assert not (client.home / "got").exists()
        assert [one.name for one in outside.iterdir()] == ["file"]
        assert sorted(one.name for one in inside.iterdir()) == ["file", "link", "newer"]


async def test_a_file_that_is_too_large_stops_on_its_way(client: Client, gate: Gate, there: Path) -> None:
    allow(gate, upload=True, download=True, max_file_bytes=100_000)
    (client.home / "large").write_bytes(bytes(300_000))
    (client.home / "small").write_bytes(bytes(100_000))
    (there / "large").write_bytes(bytes(300_000))
    assert (await sftp(client, f"put small {there}/small\n")).status == 0
    up = await sftp(client, f"put large {there}/new\n")
    assert up.status != 0
    assert "larger than the connection profile allows" in up.err
    assert (there / "new").stat().st_size <= 100_000
    down = await sftp(client, f"get {there}/large got\n")
    assert down.status != 0
    assert not (client.home / "got").exists() or (client.home / "got").stat().st_size <= 100_000


async def test_names_of_files_can_not_paint_a_recording(
    client: Client, gate: Gate, tape: Tape, there: Path
) -> None:
    allow(gate, upload=True)
    async with (
        connected(client) as connection,
        connection.start_sftp_client() as session,
        session.open(os.fsencode(there) + b"/\x1b[31m\xff", "wb") as file,
    ):
        await file.write(b"x")
    await gate.until_ended()
    ((_, name, *_),) = files(gate)
    assert name == f"{there}/\ufffd[31m\ufffd"
    assert b"\x1b" not in tape.bytes(gate.grants[0].connection_id, "m")


async def test_half_a_file_is_known_too(client: Client, gate: Gate, there: Path) -> None:
    allow(gate, upload=True)
    async with connected(client) as connection:
        session = await connection.start_sftp_client()
        file = await session.open(f"{there}/half", "wb")
        await file.write(b"half")
    await gate.until_ended()
    ((_, detail),) = gate.events
    assert (detail["bytes"], detail["sha256"], detail["reason"]) == (4, digest(b"half"), "not closed")


async def test_what_is_no_sftp_ends_the_channel_alone(client: Client, gate: Gate) -> None:
    allow(gate, upload=True)
    async with connected(client) as connection:
        process = await connection.create_process(subsystem="sftp", encoding=None)
        process.stdin.write(b"\xff\xff\xff\xff\x01")
        answer = await process.wait()
        assert b"the file transfer was ended" in answer.stderr
        assert (await connection.run("echo still here")).stdout == "still here\n"


async def test_a_server_of_files_is_not_started_as_a_command(client: Client, gate: Gate) -> None:
    allow(gate, upload=True, download=True)
    async with connected(client) as connection:
        for command in ("/usr/lib/openssh/sftp-server", "sh -c 'exec sftp-server'"):
            answer = await connection.run(command)
            assert answer.exit_status == 255
            assert "use sftp" in str(answer.stderr)


async def old_scp(client: Client, *words: str) -> Answer:
    return await client.run("-O", *words, program="scp")


async def test_the_old_scp_is_looked_into_as_well(client: Client, gate: Gate, there: Path) -> None:
    allow(gate, upload=True, download=True, command=False)
    tree = client.home / "tree"
    (tree / "below").mkdir(parents=True)
    files_of_tree = {"a": b"", "below/b": os.urandom(300_000), "c": b"c\n"}
    for name, data in files_of_tree.items():
        (tree / name).write_bytes(data)
    up = await old_scp(client, "-rp", "tree", f"{HOST}:{there}")
    assert up.status == 0, up.err
    down = await old_scp(client, "-r", f"{HOST}:{there}/tree", "back")
    assert down.status == 0, down.err
    for name, data in files_of_tree.items():
        assert (client.home / "back" / name).read_bytes() == data
    missing = await old_scp(client, f"{HOST}:{there}/missing", "back")
    assert "No such file" in missing.err
    await gate.until_ended()
    expected = {(f"{there}/tree/{name}", len(data), digest(data)) for name, data in files_of_tree.items()}
    assert {one[1:] for one in files(gate) if one[0] == "uploaded"} == expected
    assert {one[1:] for one in files(gate) if one[0] == "downloaded"} == expected
    assert len(files(gate)) == 6


async def test_the_old_scp_keeps_to_direction_size_and_form(client: Client, gate: Gate, there: Path) -> None:
    (client.home / "large").write_bytes(bytes(2000))
    (there / "large").write_bytes(bytes(2000))
    allow(gate, upload=True, max_file_bytes=1000)
    answer = await old_scp(client, "large", f"{HOST}:{there}/new")
    assert answer.status != 0
    assert "larger than the connection profile allows" in answer.err
    assert not (there / "new").exists()
    assert "not allowed" in (await old_scp(client, f"{HOST}:{there}/large", "got")).err
    allow(gate, download=True, max_file_bytes=1000)
    assert (await old_scp(client, f"{HOST}:{there}/large", "got")).status != 0
    assert not (client.home / "got").exists()
    assert "not allowed" in (await old_scp(client, "large", f"{HOST}:{there}/new")).err
    allow(gate, upload=True, download=True, command=False)
    for command in (
        "sh -c 'scp -f /etc/passwd'",
        "scp -f /etc/passwd; id",
        "scp -S /bin/id -f x",
        "rsync --server . x",
    ):
        assert "can't be looked into" in (await client.run(HOST, command)).err
    allow(gate, upload=True, download=True, paths=(str(there),))
    assert "can't be looked into" in (await old_scp(client, f"{HOST}:{there}/large", "got")).err


async def test_rsync_moves_files_where_commands_run_too(
    client: Client, gate: Gate, tape: Tape, there: Path
) -> None:
    (client.home / "mine").write_text("y")
    client.extra_environment["RSYNC_RSH"] = " ".join(client.command())

    async def rsync(*words: str) -> Answer:
        return await client.run(*words, program="rsync")

    allow(gate, upload=True)
    up = await rsync("mine", f"{HOST}:{there}/yours")
    assert up.status == 0, up.err
    assert (there / "yours").read_text() == "y"
    assert (await rsync(f"{HOST}:{there}/yours", "back")).status != 0
    allow(gate, upload=True, download=True)
    assert (await rsync(f"{HOST}:{there}/yours", "back")).status == 0
    assert (client.home / "back").read_text() == "y"
    await gate.until_ended()
    assert [one[:2] for one in files(gate)] == [("synchronised", f"{there}/yours")] * 2
    assert b"rsync" in tape.bytes(gate.grants[0].connection_id, "m")
