"""Answers become values, and secrets among them stay unseen."""

from __future__ import annotations

import base64
import pickle
from uuid import uuid4

import pytest

from locum.client.values import Credential, Login, Secret, credential_of, login_of

CANARY = "canary-7711"


def test_a_secret_shows_itself_to_reveal_alone() -> None:
    secret = Secret(CANARY)
    login = Login(uuid4(), "deploy", None, password=secret)
    for text in (str(secret), repr(secret), f"{secret}", repr(login), f"{login}", str(vars)):
        assert CANARY not in text
    assert (secret.reveal(), secret.reveal_text()) == (CANARY.encode(), CANARY)
    assert secret == Secret(CANARY.encode())
    assert secret != Secret("other")
    assert secret != CANARY
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        hash(secret)


def test_what_matters_of_a_login() -> None:
    some_id = uuid4()
    assert login_of({"id": str(some_id), "username": "a", "password": ""}).secret is None
    made = login_of({"credentialId": str(some_id), "username": "a", "domain": "", "privateKey": "KEY"})
    assert (made.credential_id, made.domain, made.secret) == (some_id, None, Secret("KEY"))
    assert login_of({"id": str(some_id), "password": "p", "privateKey": "KEY"}).secret == Secret("p")
    content = base64.b64encode(b"\x00\xff").decode()
    file = login_of({"id": str(some_id), "password": "p", "content": content, "contentName": "x.p12"})
    assert (file.secret, file.content_name) == (Secret(b"\x00\xff"), "x.p12")


def test_by_which_names_a_credential_is_called() -> None:
    row = {"id": str(uuid4()), "userName": "Deploy", "domain": "CORP", "displayName": "nightly deploy"}
    found = credential_of(row)
    for name in ("deploy", "DEPLOY", "corp\\deploy", "deploy@corp", "Nightly Deploy"):
        assert found.is_called(name), name
    for name in ("", "deplo", "other\\deploy", "corp"):
        assert not found.is_called(name), name
    assert not Credential(uuid4(), "x", None, None, None).is_called("@x")
