"""Files are whole, and readable by whom they are meant for."""

from __future__ import annotations

from pathlib import Path

import pytest

from locum.kit.files import replace_file, sync_folder


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


def test_what_lies_in_the_way_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    (tmp_path / "key.new").symlink_to(elsewhere)
    replace_file(tmp_path / "key", b"secret", mode=0o600)
    assert elsewhere.read_bytes() == b"mine"
    assert not (tmp_path / "key").is_symlink()


def test_a_folder_is_synced_and_another_thing_is_not(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        sync_folder(tmp_path / "file")
