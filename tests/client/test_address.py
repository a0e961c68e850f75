"""Where the client finds the server, the key and the CA, and what it refuses to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from certificates import make_ca
from locum.client import Misconfigured, Secret
from locum.client.address import DEFAULT_URL, Address, address, serial_of

VARIABLES = ("LOCUM_URL", "LOCUM_API_KEY", "LOCUM_API_KEY_FILE", "LOCUM_CA_FILE")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def found(**given: object) -> Address:
    wanted = {"url": None, "api_key": None, "api_key_file": None, "ca_file": None, "certificate": None, **given}
    return address(**wanted)  # type: ignore[arg-type]


def test_an_argument_wins_then_the_file_then_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCUM_API_KEY", "of-variable")
    assert found().key == Secret("of-variable")
    file = tmp_path / "key"
    file.write_text("of-file\n")
    monkeypatch.setenv("LOCUM_API_KEY_FILE", str(file))
    assert found().key == Secret("of-file")
    other = tmp_path / "other"
    other.write_text("  of-argument-file ")
    assert found(api_key_file=other).key == Secret("of-argument-file")
    assert found(api_key="given").key == found(api_key=Secret("given")).key == Secret("given")
    assert "given" not in repr(found(api_key="given"))


def test_the_server_s_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(api_key="k").url == DEFAULT_URL
    monkeypatch.setenv("LOCUM_URL", "https://locum.test:6500/")
    assert found(api_key="k").url == "https://locum.test:6500"
    assert found(api_key="k", url="https://other.test").url == "https://other.test"


@pytest.mark.parametrize(
    "url",
    ["http://locum.test", "locum.test", "https://", "https://me@locum.test", "https://x/?a=b", "https://x/#y"],
)
def test_only_https(url: str) -> None:
    with pytest.raises(Misconfigured, match="https://HOST"):
        found(api_key="k", url=url)


@pytest.mark.parametrize("key", ["", " \n", "two words", "sch\u00f6n", "a\nb"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(Misconfigured, match="no API key"):
        found(api_key=key)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="can't read the file with the API key: No such file"):
        found(api_key_file=tmp_path / "none")
    with pytest.raises(Misconfigured, match="certificate file can't be used: No such file"):
        found(api_key="k", ca_file=tmp_path / "none")
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("no PEM")
    with pytest.raises(Misconfigured, match="certificate file can't be used"):
        found(api_key="k", ca_file=nonsense)


def test_a_serial_number_as_the_server_compares_it(tmp_path: Path) -> None:
    made = make_ca()
    (tmp_path / "c.pem").write_bytes(made.pem)
    assert serial_of(tmp_path / "c.pem") == made.serial.lstrip("0")
