"""The PKCS#11 provider on a real SoftHSM token: its key never leaves it, and what is wrong is one line."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, ObjectClass

from locum.kit.errors import StartError
from locum.vault.key_file import KeyFile, create_root_key, open_key_file
from locum.vault.providers import chosen
from locum.vault.seal import new_key
from locum.vault.secret import Secret
from locum.vault.token import OnToken
from soft_token import NAME, PIN, SoftToken, library, token_of_this_process


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    with token_of_this_process(tmp_path_factory.mktemp("token")) as made:
        yield made


def ask(what: str, twice: bool) -> Secret:
    assert what == f"the PIN of the token {NAME}"
    assert not twice
    return Secret(PIN)


def nobody(what: str, twice: bool) -> Secret:
    raise AssertionError(f"asked for {what}")


def named(token: SoftToken, key: str) -> str:
    return token.uri_with_pin.replace("object=root", f"object={key}")


def test_the_token_seals_the_file(token: SoftToken, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "root.key"
    provider = chosen(token.uri, ask)
    create_root_key(path, provider)
    keys = KeyFile(path, provider).read()
    content = path.read_bytes()
    assert base64.b64encode(keys.active.reveal()) not in content
    assert PIN.encode() not in content
    file = open_key_file(path, ask)
    assert file.read() == keys
    assert file.provider_name == token.uri
    changed = file.change(lambda keys: keys.with_next(new_key()).advanced())
    assert open_key_file(path, ask).read() == changed


def test_its_key_can_not_be_read_from_the_token(token: SoftToken) -> None:
    OnToken(named(token, "hidden"), nobody, make=True)
    with pkcs11.lib(library()).get_token(token_label=NAME).open(user_pin=PIN) as session:
        key = session.get_key(ObjectClass.SECRET_KEY, KeyType.AES, label="hidden")
        assert key[Attribute.SENSITIVE]
        assert not key[Attribute.EXTRACTABLE]
        with pytest.raises(pkcs11.PKCS11Error):
            key[Attribute.VALUE]
        with pytest.raises(pkcs11.PKCS11Error):
            key[Attribute.EXTRACTABLE] = True


def test_a_key_that_is_there_is_used(token: SoftToken) -> None:
    first = OnToken(named(token, "kept"), nobody, make=True)
    sealed = first.seal(b"text")
    assert OnToken(named(token, "kept"), nobody, make=True).unseal(sealed) == b"text"
    assert first.seal(b"text") != sealed


def test_a_key_that_can_be_read_is_refused(token: SoftToken) -> None:
    with pkcs11.lib(library()).get_token(token_label=NAME).open(rw=True, user_pin=PIN) as session:
        open_to_all = {Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False}
        session.generate_key(KeyType.AES, 256, label="readable", store=True, template=open_to_all)
    with pytest.raises(StartError, match="key readable can be read from the token"):
        OnToken(named(token, "readable"), nobody, make=True)


def test_another_key_does_not_open(token: SoftToken) -> None:
    sealed = OnToken(named(token, "one"), nobody, make=True).seal(b"text")
    other = OnToken(named(token, "other"), nobody, make=True)
    with pytest.raises(StartError, match="key other on the token is not the one that sealed"):
        other.unseal(sealed)
    one = OnToken(named(token, "one"), nobody, make=False)
    assert one.unseal(sealed) == b"text"
    with pytest.raises(StartError, match="not the one that sealed"):
        one.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(StartError, match=r"^the root key file was not sealed by a token$"):
        one.unseal(sealed[:27])


@pytest.mark.parametrize("pin", ["135724", "1", "", "9" * 300])
def test_a_wrong_pin(token: SoftToken, pin: str) -> None:
    with pytest.raises(StartError, match=f"^the PIN of the token {NAME} is wrong$"):
        OnToken(token.uri, lambda what, twice: Secret(pin), make=False).seal(b"text")
    assert OnToken(named(token, "root"), nobody, make=True).seal(b"text")  # and the right one still works


def test_what_is_not_there(token: SoftToken) -> None:
    with pytest.raises(StartError, match="there is no token elsewhere"):
        OnToken(token.uri_with_pin.replace("locum%20test", "elsewhere"), nobody, make=True)
    with pytest.raises(StartError, match="does not hold the key"):
        OnToken(named(token, "absent"), nobody, make=False).seal(b"text")
    with pytest.raises(StartError, match=r"library /nowhere\.so can't be loaded"):
        OnToken(token.uri_with_pin.replace(library(), "/nowhere.so"), nobody, make=True)
    with pytest.raises(StartError, match="can't read the PIN from /nowhere: No such file"):
        OnToken(f"{token.uri}&pin-source=/nowhere", nobody, make=True)


@pytest.mark.parametrize(
    "uri",
    ["pkcs11:", "pkcs11:token=a;object=b", "pkcs11:token=a?module-path=/x", "pkcs11:object=a?module-path=/x",
     "pkcs11:token=;object=b?module-path=/x", "pkcs11:token=a b;object=b?module-path=/x",
     "pkcs11:token=é;object=b?module-path=/x", "pkcs11:token=a;object=b\n?module-path=/x"],
)  # fmt: skip
def test_a_uri_that_names_too_little_or_breaks_the_file(uri: str) -> None:
    with pytest.raises(StartError, match=r"^a token is named by pkcs11:token=NAME"):
        chosen(uri, nobody)


def test_a_pin_in_the_uri_is_refused_and_not_echoed(token: SoftToken) -> None:
    with pytest.raises(StartError, match=r"^a PIN does not belong into the URI") as caught:
        chosen(f"{token.uri}&pin-value={PIN}", nobody)
    assert PIN not in caught.value.detail


def test_a_file_is_bound_to_the_line_that_names_its_token(token: SoftToken) -> None:
    provider = OnToken(named(token, "bound"), nobody, make=True)
    sealed = provider.seal(b"text")
    provider.line += "&more=x"
    with pytest.raises(StartError, match="not the one that sealed"):
        provider.unseal(sealed)


@pytest.mark.parametrize(("extractable", "sensitive"), [(True, True), (False, False)])
def test_a_key_that_can_be_read_in_one_way_is_refused(
    token: SoftToken, extractable: bool, sensitive: bool
) -> None:
    name = f"half{extractable}"
    with pkcs11.lib(library()).get_token(token_label=NAME).open(rw=True, user_pin=PIN) as session:
        how = {Attribute.EXTRACTABLE: extractable, Attribute.SENSITIVE: sensitive}
        session.generate_key(KeyType.AES, 256, label=name, store=True, template=how)
    with pytest.raises(StartError, match=f"^the key {name} can be read from the token: name another"):
        OnToken(named(token, name), nobody, make=True)


def test_the_key_and_its_pin_are_named_exactly(token: SoftToken) -> None:
    OnToken(named(token, "a=b%3Bc"), nobody, make=True)
    with pkcs11.lib(library()).get_token(token_label=NAME).open(user_pin=PIN) as session:
        assert session.get_key(ObjectClass.SECRET_KEY, KeyType.AES, label="a=b;c")
    spaced = token.pin_file.with_name("spaced")
    spaced.write_text(f"{PIN} \n")
    with pytest.raises(StartError, match=r"PIN of the token .* is wrong"):
        OnToken(f"{token.uri}&pin-source={spaced}", nobody, make=True)
