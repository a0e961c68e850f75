"""Reads QR codes as a phone does, with the zbarimg program."""

from __future__ import annotations

import base64
import subprocess


def scanned(uri: str) -> str:
    """The text in the one QR code of a picture in a `data:` URI."""
    kind, _, picture = uri.partition(",")
    assert kind == "data:image/png;base64"
    png = base64.b64decode(picture, validate=True)
    read = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "png:-"]
    return (
        subprocess.run(read, input=png, capture_output=True, check=True, timeout=30).stdout.decode().rstrip("\n")
    )
