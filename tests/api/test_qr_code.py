"""A picture that a real decoder reads."""

from __future__ import annotations

import pytest

from locum.api import qr_code
from locum.vault.secret import Secret
from qr_scanner import scanned


@pytest.mark.parametrize(
    "text",
    [
        "otpauth://totp/Locum:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Locum",
        "otpauth://totp/Locum:" + "%F0%9F%98%80" * 100 + "?secret=JBSWY3DPEHPK3PXP",
    ],
)
def test_what_is_scanned_is_what_was_drawn(text: str) -> None:
    assert scanned(qr_code.png(Secret(text))) == text
