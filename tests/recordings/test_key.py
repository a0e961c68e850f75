"""The data key of a recording."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from locum.kit.errors import NotFound
from locum.recordings.format import Event
from locum.recordings.key import KEY_PURPOSE, data_key, rewrap_all, wrapped_under
from locum.recordings.store import Store, key_path
from locum.vault.keyring import Keyring
from locum.vault.seal import SealBroken, key_id, new_key
from locum.vault.secret import Secret
from locum.vault.store import Vault
from recorded import RECORDING_ID, frames


def test_it_comes_out_of_the_header_for_this_recording_only(tmp_path: Path) -> None:
    file, vault = tmp_path / "x.locrec", Vault(Keyring(new_key()))
    key, wrapped = vault.new_data_key(purpose=KEY_PURPOSE, subject_id=RECORDING_ID)
    file.write_bytes(b"".join(frames([[Event(1.0, "o", b"x")]], key=key, wrapped=wrapped)))
    assert data_key(vault, file, RECORDING_ID) == key
    with pytest.raises(SealBroken):
        data_key(vault, file, uuid4())
    with pytest.raises(SealBroken):
        data_key(Vault(Keyring(new_key())), file, RECORDING_ID)
    with pytest.raises(NotFound):
        data_key(vault, tmp_path / "none.locrec", RECORDING_ID)


OLD, NEW = new_key(), new_key()


def recorded(store: Store, root_key: Secret = OLD) -> tuple[UUID, Secret]:
    """A recording whose data key is wrapped under that root key."""
    recording_id = uuid4()
    key, wrapped = Vault(Keyring(root_key)).new_data_key(purpose=KEY_PURPOSE, subject_id=recording_id)
    with store.create(recording_id) as file:
        file.write(
            b"".join(frames([[Event(1.0, "o", b"x")]], recording_id=recording_id, key=key, wrapped=wrapped))
        )
    return recording_id, key


def test_rewrapping_leaves_the_signed_file_as_it_is(tmp_path: Path) -> None:
    store, vault = Store(tmp_path), Vault(Keyring(NEW, [OLD]))
    made = [recorded(store) for _ in range(3)]
    recorded(store, NEW)
    before = {recording_id: store.path(recording_id).read_bytes() for recording_id, _ in made}
    assert rewrap_all(vault, store, [key_id(OLD)]) == 3
    assert rewrap_all(vault, store, [key_id(OLD)]) == 0
    assert {root_key_id for _, root_key_id in wrapped_under(store)} == {key_id(NEW)}
    for recording_id, key in made:
        path = store.path(recording_id)
        assert path.read_bytes() == before[recording_id]
        assert key_path(path).stat().st_mode & 0o777 == 0o600
        assert data_key(Vault(Keyring(NEW)), path, recording_id) == key
    assert len(list(store.ids())) == 4


def test_what_does_not_open_is_left_and_counted(tmp_path: Path) -> None:
    store, lost = Store(tmp_path), new_key()
    recorded(store)
    recorded(store, lost)
    broken, _ = recorded(store)
    store.path(broken).write_bytes(b"nothing")
    assert rewrap_all(Vault(Keyring(NEW, [OLD])), store, [key_id(OLD), key_id(lost)]) == 1
    assert sorted(root_key_id for _, root_key_id in wrapped_under(store)) == sorted([key_id(NEW), key_id(lost)])


def test_a_key_beside_another_recording_opens_nothing(tmp_path: Path) -> None:
    store, vault = Store(tmp_path), Vault(Keyring(NEW, [OLD]))
    (one, _), (other, _) = recorded(store), recorded(store)
    rewrap_all(vault, store, [key_id(OLD)])
    key_path(store.path(other)).write_bytes(key_path(store.path(one)).read_bytes())
    with pytest.raises(SealBroken):
        data_key(vault, store.path(other), other)
    for content in (b"", b"nonsense", b"\xff"):
        key_path(store.path(other)).write_bytes(content)
        with pytest.raises(SealBroken, match="not a wrapped data key"):
            data_key(vault, store.path(other), other)


def test_deleting_a_recording_deletes_the_key_beside_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    recording_id, _ = recorded(store)
    rewrap_all(Vault(Keyring(NEW, [OLD])), store, [key_id(OLD)])
    store.delete(recording_id)
    assert list(tmp_path.iterdir()) == []
