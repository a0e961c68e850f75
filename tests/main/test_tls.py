"""The HTTPS listener's certificate: trusted through our CA alone, renewed in time, refused when it does not fit."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from locum.kit.errors import StartError
from locum.main import tls


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "tls.crt", tmp_path / "tls.key"


def test_a_client_that_trusts_the_ca_trusts_the_leaf_for_its_names(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    ca = tls.make_ca()
    tls.ensure_leaf(ca, certificate=pair[0], key=pair[1], names=["localhost", "127.0.0.1", "pam.example.org"])
    server = tls.server_context(*pair)
    client = ssl.create_default_context(cadata=tls.ca_certificate(ca).decode())
    for name, trusted in (("pam.example.org", True), ("127.0.0.1", True), ("evil.example.org", False)):
        assert _handshake(server, client, name) is trusted
    stranger = ssl.create_default_context(cadata=tls.ca_certificate(tls.make_ca()).decode())
    assert not _handshake(server, stranger, "localhost")
    assert pair[1].stat().st_mode & 0o777 == 0o600


def test_a_good_leaf_is_kept_and_one_that_lacks_a_name_is_not(pair: tuple[Path, Path]) -> None:
    ca = tls.make_ca()
    tls.ensure_leaf(ca, certificate=pair[0], key=pair[1], names=["a.example"])
    first = pair[0].read_bytes()
    tls.ensure_leaf(ca, certificate=pair[0], key=pair[1], names=["a.example"])
    assert pair[0].read_bytes() == first
    tls.ensure_leaf(ca, certificate=pair[0], key=pair[1], names=["a.example", "b.example"])
    assert pair[0].read_bytes() != first


def test_a_leaf_near_its_end_or_half_written_is_replaced(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = tls.make_ca()
    monkeypatch.setattr(tls, "LEAF_LIFETIME", tls.RENEW_BEFORE - dt.timedelta(days=1))
    tls.ensure_leaf(ca, certificate=pair[0], key=pair[1], names=["a.example"])
    monkeypatch.undo()
    tls.ensure_leaf(ca, certificate=pair[0], key=pair[1], names=["a.example"])
    leaf = x509.load_pem_x509_certificate(pair[0].read_bytes())
    assert leaf.not_valid_after_utc > dt.datetime.now(dt.UTC) + tls.RENEW_BEFORE
    pair[1].write_bytes(pair[1].read_bytes()[:50])
    tls.ensure_leaf(ca, certificate=pair[0], key=pair[1], names=["a.example"])
    tls.server_context(*pair)


def test_whose_certificate_it_is_and_until_when(pair: tuple[Path, Path]) -> None:
    tls.ensure_leaf(tls.make_ca(), certificate=pair[0], key=pair[1], names=["a.example"])
    shown = tls.shown(pair[0])
    assert shown is not None
    assert shown.name == "a.example"
    assert dt.timedelta(days=396) < shown.ends - dt.datetime.now(dt.UTC) < tls.LEAF_LIFETIME
    assert tls.shown(pair[1]) is None


def test_a_pair_that_does_not_belong_together_is_one_line(pair: tuple[Path, Path], tmp_path: Path) -> None:
    ca = tls.make_ca()
    tls.ensure_leaf(ca, certificate=pair[0], key=pair[1], names=["a.example"])
    tls.ensure_leaf(ca, certificate=tmp_path / "o.crt", key=tmp_path / "o.key", names=["a.example"])
    for key in (tmp_path / "o.key", tmp_path / "missing"):
        with pytest.raises(StartError, match="can't use the TLS certificate"):
            tls.server_context(pair[0], key)


def test_names_hold_no_wildcard_address() -> None:
    names = tls.local_names("0.0.0.0", None, "pam.example.org")
    assert names[:3] == ["localhost", "127.0.0.1", "::1"]
    assert "pam.example.org" in names
    assert "0.0.0.0" not in names


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bool:
    """A whole TLS handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    there = server.wrap_bio(to_server, to_client, server_side=True)
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    ends = [here, there]
    for _ in range(10):
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return not ends
