"""The root key file: for its owner's eyes, whole or not there, changed in one step or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from locum.kit.errors import StartError
from locum.vault import providers
from locum.vault.key_file import KeyFile, create_root_key, open_key_file
from locum.vault.key_text import RootKeys
from locum.vault.providers import InTheClear
from locum.vault.seal import new_key
from locum.vault.secret import Secret


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys" / "root.key"


def nobody(what: str, twice: bool) -> Secret:
    raise AssertionError(f"asked for {what}")


def read(path: Path) -> RootKeys:
    return open_key_file(path, nobody).read()


def test_create_and_read(path: Path) -> None:
    create_root_key(path)
    keys = read(path)
    assert keys == RootKeys(keys.active)
    assert read(path) == keys
    assert open_key_file(path, nobody).provider_name == "file"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_modes_whatever_the_umask(path: Path, umask: int) -> None:
    path.parent.mkdir(parents=True)
    path.parent.chmod(0o700)
    before = os.umask(umask)
    try:
        create_root_key(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["root.key"]


def test_the_directory_is_made_for_the_owner_alone(path: Path) -> None:
    create_root_key(path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"", b"locum-root-keys 1\n", b"something else"])
def test_what_is_there_is_never_overwritten(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StartError, match="exists already"):
        create_root_key(path)
    assert path.read_bytes() == content
    with pytest.raises(StartError):
        read(path)


def test_a_dangling_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StartError, match="exists already"):
        create_root_key(path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("call", ["open", "fchmod", "write", "fsync", "link", "unlink"])
def test_killed_at_any_step_leaves_a_whole_key_or_none(path: Path, call: str) -> None:
    """The child kills itself as it enters each system call in turn; the next attempt then finds a clean field."""
    script = f"""
import os, signal, sys
from pathlib import Path
from locum.vault import key_file

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def half(path, content):
    os.write(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), content[:20])
    die()

if {call!r} == "write":
    key_file._write_durably = half
elif {call!r} == "unlink":
    Path.unlink = die
else:
    os.{call} = die
key_file.create_root_key(Path(sys.argv[1]))
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    if path.exists():
        assert read(path).active_id
    else:
        create_root_key(path)
        assert read(path).active_id


def test_every_cut_is_noticed(path: Path) -> None:
    create_root_key(path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StartError, match=r"root\.key"):
            read(path)


def test_every_changed_byte_is_noticed_and_no_key_is_shown(path: Path) -> None:
    create_root_key(path)
    whole = path.read_bytes()
    encoded = whole.split()[4].decode()
    assert len(encoded) == 44
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(StartError) as caught:
            read(path)
        assert encoded[:12] not in caught.value.detail
        assert "\n" not in caught.value.detail


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o666])
def test_a_file_others_can_reach_is_refused(path: Path, mode: int) -> None:
    create_root_key(path)
    path.chmod(mode)
    with pytest.raises(StartError, match=f"mode {mode:04o}"):
        read(path)


def test_a_directory_others_can_reach_is_refused(path: Path) -> None:
    create_root_key(path)
    path.parent.chmod(0o755)
    with pytest.raises(StartError, match="mode 0755"):
        read(path)
    path.unlink()
    with pytest.raises(StartError, match="mode 0755"):
        create_root_key(path)


@pytest.mark.parametrize("users", [(12345, 12345), (None, 12345)], ids=["directory", "file"])
def test_what_belongs_to_somebody_else_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch, users: tuple[int | None, int]
) -> None:
    create_root_key(path)
    me = os.geteuid()
    answers = [me if user is None else user for user in users]
    monkeypatch.setattr(os, "geteuid", lambda: answers.pop(0) if len(answers) > 1 else answers[0])
    with pytest.raises(StartError, match=f"belongs to user {me}, but Locum runs as user 12345"):
        read(path)


def test_no_file_is_one_clear_line(path: Path) -> None:
    with pytest.raises(StartError, match=r"can't read the root key .*root\.key: No such file"):
        read(path)


def test_a_change_is_read_back_and_stamped(path: Path) -> None:
    create_root_key(path)
    file, old, fresh = KeyFile(path, InTheClear()), read(path), new_key()
    before = file.stamp()
    changed = file.change(lambda keys: keys.with_next(fresh))
    assert changed == read(path) == old.with_next(fresh)
    assert file.stamp() != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["root.key"]


def test_changes_at_once_are_made_one_after_the_other(path: Path) -> None:
    """Each starts from what the one before left, though each process read the file long ago."""
    create_root_key(path)
    one, other = KeyFile(path, InTheClear()), KeyFile(path, InTheClear())

    def retire(keys: RootKeys) -> RootKeys:
        return keys.with_next(new_key()).advanced()

    def slowly(keys: RootKeys) -> RootKeys:
        started.set()
        time.sleep(0.05)
        return retire(keys)

    started = threading.Event()
    with ThreadPoolExecutor() as waiting:
        first = waiting.submit(one.change, slowly)
        started.wait()
        waiting.submit(other.change, retire).result()
        first.result()
    assert len(read(path).retired) == 2


@pytest.mark.parametrize("call", ["open", "fchmod", "write", "fsync", "replace"])
def test_killed_while_changing_leaves_the_old_file_or_the_new(path: Path, call: str) -> None:
    create_root_key(path)
    old = path.read_bytes()
    script = f"""
import os, signal, sys
from pathlib import Path
from locum.vault import key_file
from locum.vault.providers import InTheClear
from locum.vault.seal import new_key

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def half(path, content):
    os.write(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), content[:20])
    die()

def change(keys):
    if {call!r} == "write":
        key_file._write_durably = half
    elif {call!r} == "replace":
        Path.replace = die
    else:
        os.{call} = die
    return keys.with_next(new_key())

key_file.KeyFile(Path(sys.argv[1]), InTheClear()).change(change)
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert path.read_bytes() == old
    file = KeyFile(path, InTheClear())
    file.change(lambda keys: keys.with_next(new_key()))
    assert read(path).next is not None
    assert [entry.name for entry in path.parent.iterdir()] == ["root.key"]  # a draft that is left holds keys


def test_what_does_not_open_again_never_gets_the_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_root_key(path)
    old = path.read_bytes()
    file = KeyFile(path, InTheClear())
    monkeypatch.setattr(providers, "file_content", lambda provider, text: old)
    with pytest.raises(StartError, match="nothing was changed"):
        file.change(lambda keys: keys.with_next(new_key()))
    assert path.read_bytes() == old
    other = path.with_name("other.key")
    with pytest.raises(StartError, match="nothing was written"):
        create_root_key(other)
    assert not other.exists()


def test_a_file_that_others_may_write_is_not_changed(path: Path) -> None:
    create_root_key(path)
    file = KeyFile(path, InTheClear())
    path.parent.chmod(0o770)
    with pytest.raises(StartError, match="mode 0770"):
        file.change(lambda keys: keys)


def test_a_file_that_is_gone_has_no_stamp(path: Path) -> None:
    file = KeyFile(path, InTheClear())
    assert file.stamp() is None
    with pytest.raises(StartError, match=r"can't use .*keys: No such file"):
        file.change(lambda keys: keys)
