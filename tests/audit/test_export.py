"""An export holds the whole log as lines of JSON."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.audit import stream
from locum.audit.export import FORMAT, export
from locum.audit.sealer import Sealer
from locum.audit.verify import verify_file
from locum.kit.db import Database


def parts(path: Path) -> list[str]:
    return ["+".join(sorted(json.loads(line))) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("page", [2, 5000])
def test_all_of_it_in_order(
    database: Database,
    write: Callable[[int], None],
    sealer: Sealer,
    key: Ed25519PrivateKey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    page: int,
) -> None:
    monkeypatch.setattr(stream, "PAGE_ROWS", page)
    path = tmp_path / "audit.jsonl"
    write(3)
    sealer.finish()
    write(2)
    sealer.finish()
    write(1)
    assert database.submit_read(export, path).result() == 6
    assert parts(path) == [
        "start",
        *["event+seal"] * 3,
        "checkpoint",
        *["event+seal"] * 2,
        "checkpoint",
        "event",
        "end",
    ]
    assert json.loads(path.read_text().splitlines()[0])["start"]["format"] == FORMAT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert verify_file(path, key.public_key()).ok


def test_an_empty_log(database: Database, tmp_path: Path, key: Ed25519PrivateKey) -> None:
    path = tmp_path / "audit.jsonl"
    assert database.submit_read(export, path).result() == 0
    assert parts(path) == ["start", "end"]
    assert verify_file(path, key.public_key()).ok


def test_what_can_not_be_read_is_said(
    database: Database,
    write: Callable[[int], None],
    sealer: Sealer,
    key: Ed25519PrivateKey,
    tmp_path: Path,
    tamper: Callable[..., None],
) -> None:
    path = tmp_path / "audit.jsonl"
    write(3)
    sealer.finish()
    tamper("UPDATE audit_seal SET hash = 'abc' WHERE seq = 2", "UPDATE audit_checkpoint SET hash = 'abc'")
    database.submit_read(export, path).result()
    assert parts(path) == ["start", "event+seal", "unreadable", "event+seal", "unreadable", "end"]
    report = verify_file(path, key.public_key())
    assert (report.findings[0].kind, report.findings[0].seq) == ("unreadable", 2)
