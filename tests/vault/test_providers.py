"""Root key providers: each unlocks what it sealed, and says in one line what is wrong."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from locum.kit.errors import Invalid, StartError
from locum.vault import providers
from locum.vault.key_file import KeyFile, create_root_key, open_key_file
from locum.vault.key_text import RootKeys, closed, written
from locum.vault.providers import ByPassphrase, InEnvironment, InTheClear, chosen, file_content, found, text_in
from locum.vault.seal import new_key
from locum.vault.secret import Secret

PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretching costs a second each time; the parameters stand in the file."""
    monkeypatch.setattr(providers, "_MEMORY_KIB", 64)
    monkeypatch.setattr(providers, "_PASSES", 1)
    monkeypatch.setattr(providers, "_LANES", 1)
    monkeypatch.delenv(providers.VARIABLE, raising=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "root.key"


class Operator:
    """Gives one answer, and remembers what was asked."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, what: str, twice: bool) -> Secret:
        self.asked.append((what, twice))
        return Secret(self.answer)


def nobody(what: str, twice: bool) -> Secret:
    raise AssertionError(f"asked for {what}")


class TestPassphrase:
    def test_the_right_one_opens_and_the_file_shows_nothing(self, path: Path) -> None:
        operator = Operator(PASSPHRASE)
        provider = chosen("passphrase", operator)
        create_root_key(path, provider)
        keys = KeyFile(path, provider).read()
        content = path.read_bytes()
        assert base64.b64encode(keys.active.reveal()) not in content
        assert base64.b64encode(written(keys))[:40] not in content
        assert PASSPHRASE.encode() not in content
        file = open_key_file(path, operator)
        assert file.read() == keys
        assert file.provider_name == "passphrase"
        assert operator.asked == [
            ("a passphrase for the root key", True),
            ("the passphrase of the root key", False),
        ]

    def test_a_wrong_one_is_one_line_and_changes_nothing(self, path: Path) -> None:
        create_root_key(path, ByPassphrase(Secret(PASSPHRASE)))
        before = path.read_bytes()
        for wrong in ("", PASSPHRASE + " ", PASSPHRASE.upper()):
            with pytest.raises(StartError) as caught:
                open_key_file(path, Operator(wrong)).read()
            assert caught.value.detail == "the passphrase is wrong"
            with pytest.raises(StartError, match="passphrase is wrong"):
                open_key_file(path, Operator(wrong)).change(lambda keys: keys.with_next(new_key()))
        assert path.read_bytes() == before

    def test_the_file_is_changed_without_asking_again(self, path: Path) -> None:
        operator = Operator(PASSPHRASE)
        create_root_key(path, ByPassphrase(Secret(PASSPHRASE)))
        file = open_key_file(path, operator)
        changed = file.change(lambda keys: keys.with_next(new_key()).advanced())
        assert len(operator.asked) == 1
        assert open_key_file(path, operator).read() == file.read() == changed

    def test_a_short_one_is_refused_for_a_new_file_alone(self) -> None:
        with pytest.raises(StartError, match="12 characters at least"):
            ByPassphrase(Secret("x" * 11))
        assert ByPassphrase(Secret("x" * 12)).line.startswith("passphrase argon2id 64 1 1 ")

    def test_two_files_have_two_salts(self) -> None:
        one, other = ByPassphrase(Secret(PASSPHRASE)), ByPassphrase(Secret(PASSPHRASE))
        assert one.line != other.line
        with pytest.raises(StartError, match="passphrase is wrong"):
            other.unseal(one.seal(b"text"))
        assert one.unseal(one.seal(b"text")) == b"text"

    def test_every_cut_and_changed_byte_is_noticed_before_anybody_is_asked(self, path: Path) -> None:
        create_root_key(path, ByPassphrase(Secret(PASSPHRASE)))
        whole = path.read_bytes()
        for position in range(len(whole)):
            changed = whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]
            for content in (whole[:position], changed):
                path.write_bytes(content)
                with pytest.raises(StartError, match="not a whole root key file"):
                    open_key_file(path, nobody).read()

    @pytest.mark.parametrize(
        "parameters",
        ["", "argon2id", "argon2d 64 1 1 c2FsdHNhbHQ=", "argon2id 64 1 c2FsdHNhbHQ=", "argon2id x 1 1 c2FsdHNhbHQ=",
         "argon2id 4194305 1 1 c2FsdHNhbHQ=", "argon2id 64 65 1 c2FsdHNhbHQ=", "argon2id 64 1 65 c2FsdHNhbHQ=",
         "argon2id 64 1 1 ?", "argon2id 64 1 1 c2FsdHNhbHQ= more"],
    )  # fmt: skip
    def test_strange_parameters_are_refused(self, parameters: str) -> None:
        content = closed([providers.SEALED_HEADER, f"passphrase {parameters}", ""])
        with pytest.raises(
            StartError, match=r"^the root key file asks for an unknown way to stretch the passphrase$"
        ):
            found(content, "x", Operator(PASSPHRASE))

    def test_parameters_that_argon2_can_not_do(self) -> None:
        with pytest.raises(StartError, match="can't be stretched, which takes 1 MiB"):
            ByPassphrase(Secret(PASSPHRASE), ["argon2id", "1024", "0", "1", "c2FsdHNhbHQ="])

    def test_the_real_cost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        assert (providers._MEMORY_KIB, providers._PASSES, providers._LANES) == (262_144, 3, 4)

    def test_sealed_parameters_are_bound(self) -> None:
        one = ByPassphrase(Secret(PASSPHRASE))
        sealed = one.seal(b"text")
        one.line = one.line.replace(" 64 ", " 65 ")
        with pytest.raises(StartError, match="passphrase is wrong"):
            one.unseal(sealed)


class TestEnvironment:
    def test_the_text_is_taken_out_of_the_environment(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = RootKeys(new_key(), retired=(new_key(),))
        monkeypatch.setenv(providers.VARIABLE, written(keys).decode())
        provider = chosen("env", nobody)
        assert providers.VARIABLE not in os.environ
        create_root_key(path, provider)
        assert KeyFile(path, provider).read() == keys
        assert base64.b64encode(keys.active.reveal()) not in path.read_bytes()
        monkeypatch.setenv(providers.VARIABLE, written(keys).decode().strip())  # as $(…) gives it
        file = open_key_file(path, nobody)
        assert providers.VARIABLE not in os.environ
        assert file.read() == keys
        assert file.provider_name == "env"

    def test_it_can_not_be_changed_from_here(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(providers.VARIABLE, written(RootKeys(new_key())).decode())
        provider = InEnvironment()
        create_root_key(path, provider)
        with pytest.raises(Invalid, match="can't change LOCUM_ROOT_KEY"):
            KeyFile(path, provider).change(lambda keys: keys.with_next(new_key()))

    @pytest.mark.parametrize("value", [None, ""])
    def test_without_the_variable(self, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
        if value is not None:
            monkeypatch.setenv(providers.VARIABLE, value)
        with pytest.raises(StartError, match="LOCUM_ROOT_KEY, which is not set"):
            found(closed([providers.SEALED_HEADER, "env", ""]), "x", nobody)

    def test_a_damaged_variable_is_named(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = written(RootKeys(new_key())).decode()
        monkeypatch.setenv(providers.VARIABLE, whole[:-9])
        with pytest.raises(StartError, match="LOCUM_ROOT_KEY is not a whole"):
            create_root_key(path, chosen("env", nobody))
        assert not path.exists()
        monkeypatch.setenv(providers.VARIABLE, whole)
        create_root_key(path, chosen("env", nobody))
        monkeypatch.setenv(providers.VARIABLE, whole[:-9])
        with pytest.raises(StartError, match="LOCUM_ROOT_KEY is not a whole"):
            open_key_file(path, nobody).read()


def test_in_the_clear_the_file_is_the_text() -> None:
    assert isinstance(chosen("file", nobody), InTheClear)
    provider = InTheClear()
    assert file_content(provider, b"text") == b"text"
    assert provider.unseal(provider.seal(b"text")) == b"text"
    assert isinstance(found(b"text", "x", nobody), InTheClear)


@pytest.mark.parametrize("choice", ["", "File", "vault", "PKCS11:token=x"])
def test_an_unknown_choice_lists_the_known_ones(choice: str) -> None:
    with pytest.raises(StartError, match=r"^the root key is kept by one of: file, passphrase, env, pkcs11:URI$"):
        chosen(choice, nobody)


def test_a_provider_of_a_later_version_is_refused() -> None:
    with pytest.raises(StartError, match="x needs a root key provider that this version does not know"):
        found(closed([providers.SEALED_HEADER, "kms https://…".replace("…", "x"), ""]), "x", nobody)


def test_a_file_that_is_unlocked_in_another_way_by_now() -> None:
    """While a server runs, its file was put under another passphrase: it says so and does not guess."""
    one, other = ByPassphrase(Secret(PASSPHRASE)), ByPassphrase(Secret(PASSPHRASE))
    for content, provider in ((file_content(other, b"text"), one), (file_content(one, b"text"), InTheClear())):
        with pytest.raises(StartError, match="x is unlocked in another way since this process started"):
            text_in(provider, content, "x")
    for lines in ([providers.SEALED_HEADER, one.line], [providers.SEALED_HEADER, one.line, "", ""]):
        with pytest.raises(StartError, match="x is not a whole"):
            text_in(one, closed(lines), "x")


def test_a_token_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "locum.vault.token", None)
    with pytest.raises(StartError, match=r"^a PKCS#11 token needs python-pkcs11: pip install 'locum\[pkcs11\]'$"):
        chosen("pkcs11:token=x", nobody)
