"""Recordings in a real S3-compatible store: there and back, refused, away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from locum.kit.errors import NotAvailable, NotFound, StartError
from locum.recordings import archive as module
from locum.recordings.archive import Archive, at_hand, drop, take
from locum.recordings.store import Store, key_path
from object_store import SECRET_KEY, ObjectStore, object_store


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("objects")) as made:
        yield made


@pytest.fixture(autouse=True)
def keys(bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in bucket.env.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def archive(bucket: ObjectStore, store: Store) -> Archive:
    return Archive(bucket.place, store)


def recording(store: Store, content: bytes) -> UUID:
    made = uuid4()
    with store.create(made) as file:
        file.write(content)
    return made


@pytest.mark.parametrize("size", [0, 10, 12 * 1024 * 1024], ids=["empty", "small", "in parts"])
def test_there_and_back(archive: Archive, store: Store, bucket: ObjectStore, size: int) -> None:
    content = os.urandom(size)
    one = recording(store, content)
    archive.put(one)
    archive.put(one)  # as after a crash
    assert f"locum/{one}.locrec" in bucket.names()
    with at_hand(store, archive, one, "wrapped") as path:
        assert path == store.path(one)  # it is here still
    store.delete(one)
    with at_hand(store, archive, one, "wrapped") as path:
        assert path.read_bytes() == content
        assert key_path(path).read_text() == "wrapped\n"
        assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
        assert list(store.ids()) == []
    assert not path.exists()
    archive.delete(one)
    archive.delete(one)
    assert f"locum/{one}.locrec" not in bucket.names()
    with pytest.raises(NotFound, match=str(one)):
        archive.fetch(one, "wrapped")
    assert list((store.root / "fetched").iterdir()) == []


def test_what_is_read_may_be_dropped_and_what_a_crash_left_goes(archive: Archive, store: Store) -> None:
    one = recording(store, b"seen")
    archive.put(one)
    store.delete(one)
    path, fetched = take(store, archive, one, "wrapped")
    assert fetched
    with path.open("rb") as file:
        drop(path)
        assert (file.read(), path.exists()) == (b"seen", False)
    archive.fetch(one, "wrapped")
    archive.forget_fetched()
    assert list((store.root / "fetched").iterdir()) == []


def test_without_an_archive_the_reason_is_said(store: Store) -> None:
    with pytest.raises(NotAvailable, match="--recordings-archive"), at_hand(store, None, uuid4(), "wrapped"):
        pass


def test_no_room_here(archive: Archive, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one = recording(store, b"seen")
    archive.put(one)
    store.delete(one)
    monkeypatch.setattr(module, "RESERVE_BYTES", 1 << 60)  # more than any disk has
    with pytest.raises(NotAvailable, match="no room"):
        archive.fetch(one, "wrapped")


def test_a_store_that_refuses_or_is_away_is_named_and_no_key_is_said(
    bucket: ObjectStore, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = recording(store, b"seen")
    places = {
        "elsewhere": replace(bucket.place, url="s3://elsewhere"),
        "not who it says": replace(bucket.place, ca=None),
        "away": replace(bucket.place, endpoint="https://localhost:1"),
    }
    for place in places.values():
        with pytest.raises(NotAvailable, match="The archive takes nothing") as refusal:
            Archive(place, store).put(one)
        assert "\n" not in refusal.value.detail
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(NotAvailable, match="403") as refusal:
        Archive(bucket.place, store).put(one)
    assert SECRET_KEY not in refusal.value.detail
    assert "another" not in refusal.value.detail
    assert f"locum/{one}.locrec" not in bucket.names()


@pytest.mark.parametrize("url", ["http://bucket", "s3://", "bucket", "file:///tmp"])
def test_another_place_is_no_archive(url: str, store: Store) -> None:
    with pytest.raises(StartError, match="s3://BUCKET"):
        Archive(module.Place(url), store)


def test_a_file_that_is_not_there_is_not_sent(archive: Archive) -> None:
    with pytest.raises(NotFound):
        archive.put(uuid4())


def test_a_link_in_the_folder_is_not_followed(archive: Archive, store: Store, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of somebody else")
    one = uuid4()
    store.path(one).symlink_to(tmp_path / "secret")
    with pytest.raises(OSError):
        archive.put(one)
