"""Where containers lie: private, named by UUIDs, never through a link."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from locum.kit.errors import Conflict, NotFound, StartError
from locum.recordings.store import Store


def test_directory_and_files_are_private(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir(mode=0o755)
    before = os.umask(0)
    try:
        store, recording_id = Store(tmp_path / "r"), uuid4()
        store.create(recording_id).close()
    finally:
        os.umask(before)
    assert store.root.stat().st_mode & 0o777 == 0o700
    assert store.path(recording_id).stat().st_mode & 0o777 == 0o600


def test_a_path_is_the_uuid_below_the_real_root(tmp_path: Path) -> None:
    """SEC-21."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    recording_id = uuid4()
    assert Store(tmp_path / "link").path(recording_id) == tmp_path / "real" / f"{recording_id}.locrec"


def test_no_name_but_a_uuid_makes_a_path(store: Store) -> None:
    """SEC-21."""

    class Name(UUID):
        def __str__(self) -> str:
            return "../../etc/passwd"

    assert store.path(Name(int=1)).parent == store.root
    with pytest.raises(AttributeError):
        store.path("../../etc/passwd")  # type: ignore[arg-type]


def test_a_file_is_read_and_only_appended_to(store: Store) -> None:
    recording_id = uuid4()
    with store.create(recording_id) as file:
        file.write(b"one")
    with store.open_to_append(recording_id) as file:
        assert file.read() == b"one"
        file.seek(0)
        file.write(b"two")
    with store.open(recording_id) as file:
        assert file.read() == b"onetwo"


def test_an_id_is_used_once(store: Store) -> None:
    recording_id = uuid4()
    store.create(recording_id).close()
    with pytest.raises(Conflict):
        store.create(recording_id)


def test_a_link_in_the_place_of_a_file_is_not_followed(store: Store, tmp_path: Path) -> None:
    """SEC-21."""
    recording_id = uuid4()
    (tmp_path / "elsewhere").write_text("kept")
    store.path(recording_id).symlink_to(tmp_path / "elsewhere")
    for act in (store.open, store.open_to_append, store.create):
        with pytest.raises((OSError, Conflict)):
            act(recording_id)
    assert list(store.ids()) == []
    store.delete(recording_id)
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_ids_are_those_of_recordings(store: Store) -> None:
    made = {uuid4(), uuid4()}
    for recording_id in made:
        store.create(recording_id).close()
    for other in ("notes.txt", "x.locrec", f"{uuid4()}", f"{str(uuid4()).upper()}.locrec"):
        (store.root / other).touch()
    (store.root / f"{uuid4()}.locrec").mkdir()
    assert set(store.ids()) == made


def test_delete_is_for_good(store: Store) -> None:
    recording_id = uuid4()
    store.create(recording_id).close()
    store.delete(recording_id)
    for act in (store.delete, store.open, store.open_to_append):
        with pytest.raises(NotFound, match=str(recording_id)):
            act(recording_id)
    assert list(store.ids()) == []


def test_free_bytes_are_those_of_its_file_system(small_disk: Path) -> None:
    store = Store(small_disk)
    before = store.free_bytes()
    (small_disk / "ballast").write_bytes(bytes(512 * 1024))
    assert before - store.free_bytes() == 512 * 1024


def test_a_root_that_is_no_directory_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="file can't be used"):
        Store(tmp_path / "file")
