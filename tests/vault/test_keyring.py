"""The root key file: made once, for its owner's eyes, whole or not at all."""

from __future__ import annotations

import base64
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from locum.kit.errors import StartError
from locum.vault.keyring import Keyring, create_root_key, load_keyring
from locum.vault.seal import SealBroken, key_id, new_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys" / "root.key"


def line(state: str, key_bytes: bytes, name: str) -> str:
    return f"{state} {name} {base64.b64encode(key_bytes).decode()}\n"


def test_create_and_load(path: Path) -> None:
    create_root_key(path)
    keyring = load_keyring(path)
    assert key_id(keyring.active) == keyring.active_id
    assert load_keyring(path).active == keyring.active


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
        load_keyring(path)


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
from locum.vault import keyring

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def half(path, content):
    os.write(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), content[:20])
    die()

if {call!r} == "write":
    keyring._write_durably = half
elif {call!r} == "unlink":
    Path.unlink = die
else:
    os.{call} = die
keyring.create_root_key(Path(sys.argv[1]))
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    if path.exists():
        assert load_keyring(path).active_id
    else:
        create_root_key(path)
        assert load_keyring(path).active_id


def test_every_cut_is_noticed(path: Path) -> None:
    create_root_key(path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StartError, match=r"root\.key"):
            load_keyring(path)


def test_every_changed_byte_is_noticed_and_no_key_is_shown(path: Path) -> None:
    create_root_key(path)
    whole = path.read_bytes()
    encoded = whole.split()[-1].decode()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(StartError) as caught:
            load_keyring(path)
        assert encoded[:12] not in caught.value.detail
        assert "\n" not in caught.value.detail


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o666])
def test_a_file_others_can_reach_is_refused(path: Path, mode: int) -> None:
    create_root_key(path)
    path.chmod(mode)
    with pytest.raises(StartError, match=f"mode {mode:04o}"):
        load_keyring(path)


def test_a_directory_others_can_reach_is_refused(path: Path) -> None:
    create_root_key(path)
    path.parent.chmod(0o755)
    with pytest.raises(StartError, match="mode 0755"):
        load_keyring(path)
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
        load_keyring(path)


def test_no_file_is_one_clear_line(path: Path) -> None:
    with pytest.raises(StartError, match=r"can't read the root key .*root\.key: No such file"):
        load_keyring(path)


def test_retired_keys_open_and_the_active_one_seals(path: Path) -> None:
    create_root_key(path)
    old = new_key()
    with path.open("a") as file:
        file.write(line("retired", old.reveal(), key_id(old)))
    keyring = load_keyring(path)
    assert keyring.active_id != key_id(old)
    assert keyring.key(key_id(old)) == old


def test_two_active_keys_are_refused(path: Path) -> None:
    create_root_key(path)
    other = new_key()
    with path.open("a") as file:
        file.write(line("active", other.reveal(), key_id(other)))
    with pytest.raises(StartError, match="exactly one active"):
        load_keyring(path)


def test_an_unknown_root_key_is_named() -> None:
    with pytest.raises(SealBroken, match="root key abc, which is not"):
        Keyring(new_key()).key("abc")


def test_a_keyring_shows_no_key() -> None:
    key = new_key()
    keyring = Keyring(key)
    assert key.reveal().hex() not in repr(keyring)
    assert not hasattr(keyring, "__dict__")
