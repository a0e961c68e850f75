"""The root keys a process works with: they follow the file, and never to keys that are not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from locum.kit.errors import StartError
from locum.vault import keyring as keyring_module
from locum.vault.key_file import KeyFile, create_root_key
from locum.vault.key_text import RootKeys
from locum.vault.keyring import Keyring, load_keyring
from locum.vault.providers import InTheClear
from locum.vault.seal import SealBroken, key_id, new_key
from locum.vault.secret import Secret


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "root.key"
    create_root_key(path)
    return path


@pytest.fixture
def log() -> Iterator[list[dict[str, object]]]:
    with capture_logs() as entries:
        yield entries  # type: ignore[misc]


def rotate(path: Path, key: Secret) -> None:
    """As another process does it."""
    KeyFile(path, InTheClear()).change(lambda keys: keys.with_next(key).advanced())


def test_load(path: Path) -> None:
    keyring = load_keyring(path)
    assert key_id(keyring.active) == keyring.active_id
    assert keyring.sealing_key() == (keyring.active_id, keyring.active)
    assert keyring.key(keyring.active_id) == keyring.active
    assert load_keyring(path).active == keyring.active
    assert keyring.file is not None
    assert keyring.file.path == path


def test_retired_keys_open_and_the_active_one_seals() -> None:
    old, new = new_key(), new_key()
    keyring = Keyring(new, [old])
    assert keyring.active_id == key_id(new)
    assert keyring.key(key_id(old)) == old
    assert keyring.file is None


def test_a_key_that_waits_opens(path: Path) -> None:
    fresh = new_key()
    keyring = load_keyring(path)
    before = keyring.active_id
    keyring.change(lambda keys: keys.with_next(fresh))
    assert keyring.active_id == before
    assert keyring.key(key_id(fresh)) == fresh
    assert load_keyring(path).keys.next == fresh


def test_an_unknown_root_key_is_named() -> None:
    with pytest.raises(SealBroken, match="root key abc, which is not in the key file"):
        Keyring(new_key()).key("abc")


def test_a_dropped_root_key_is_named_as_such() -> None:
    old = new_key()
    keyring = Keyring(new_key(), [old])
    keyring.change(lambda keys: keys.without_retired([key_id(old)]))
    with pytest.raises(SealBroken, match=f"root key {key_id(old)}, which was dropped"):
        keyring.key(key_id(old))


def test_it_follows_the_file(path: Path, log: list[dict[str, object]]) -> None:
    keyring, fresh = load_keyring(path), new_key()
    old = keyring.active
    rotate(path, fresh)
    assert keyring.key(key_id(fresh)) == fresh  # what another node sealed opens
    later = new_key()
    rotate(path, later)
    assert keyring.sealing_key() == (key_id(later), later)  # and nothing is sealed under what was retired
    assert keyring.keys.retired == (old, fresh)
    assert log == []


def test_it_follows_where_its_own_key_was_dropped_meanwhile(path: Path) -> None:
    keyring, fresh = load_keyring(path), new_key()
    before = keyring.active_id
    rotate(path, fresh)
    KeyFile(path, InTheClear()).change(lambda keys: keys.without_retired([before]))
    assert keyring.active_id == key_id(fresh)


def test_a_changed_file_is_not_read_twice(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = load_keyring(path)
    rotate(path, new_key())
    reads = []
    monkeypatch.setattr(KeyFile, "read", lambda file, read=KeyFile.read: reads.append(1) or read(file))
    for _ in range(3):
        assert keyring.sealing_key()
    assert reads == [1]


@pytest.mark.parametrize("content", [b"", b"locum-root-keys 2\n", None])
def test_a_broken_file_leaves_the_keys_in_use(
    path: Path, content: bytes | None, log: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = load_keyring(path)
    before, whole = keyring.sealing_key(), path.read_bytes()
    path.unlink() if content is None else path.write_bytes(content)
    for _ in range(3):
        assert keyring.sealing_key() == before
    assert [entry["log_level"] for entry in log] == ["error"]  # said once, not with every secret
    with pytest.raises(SealBroken):
        keyring.key("abc")
    assert len(log) == 2  # a key that is missing is looked for at once
    monkeypatch.setattr(keyring_module, "_RETRY_S", 0.0)
    keyring.keys  # noqa: B018 - sets when to look again
    path.write_bytes(whole)
    path.chmod(0o600)
    fresh = new_key()
    rotate(path, fresh)
    assert keyring.key(key_id(fresh)) == fresh


def test_another_installations_file_is_not_taken(path: Path, log: list[dict[str, object]]) -> None:
    keyring, other = load_keyring(path), path.with_name("other.key")
    before = keyring.sealing_key()
    create_root_key(other)
    other.replace(path)
    assert keyring.sealing_key() == before
    assert log[0]["event"] == "the root key file was changed and is not taken over"
    assert log[0]["reason"] == "it holds other keys than this process works with"


def test_a_change_that_fails_changes_nothing(path: Path) -> None:
    keyring = load_keyring(path)
    before = keyring.keys

    def fail(keys: RootKeys) -> RootKeys:
        raise StartError("no")

    with pytest.raises(StartError):
        keyring.change(fail)
    assert keyring.keys == before


def test_nobody_is_asked_where_nobody_is(tmp_path: Path) -> None:
    from locum.vault.providers import ByPassphrase

    path = tmp_path / "keys" / "root.key"
    create_root_key(path, ByPassphrase(Secret("correct horse battery")))
    with pytest.raises(StartError, match="the passphrase of the root key is needed"):
        load_keyring(path)


def test_a_keyring_shows_no_key() -> None:
    key = new_key()
    keyring = Keyring(key)
    assert key.reveal().hex() not in repr(keyring)
    assert not hasattr(keyring, "__dict__")
