"""Every kind of refusal carries words for people."""

from __future__ import annotations

from locum.kit import errors


def test_every_kind_keeps_its_words() -> None:
    assert errors.Invalid("bad", field="name").field == "name"
    assert errors.Forbidden("no", missing="role Admin").missing == "role Admin"
    assert errors.RateLimited("slow", retry_after=7).retry_after == 7
    assert str(errors.NotFound("gone")) == errors.NotFound("gone").detail == "gone"
