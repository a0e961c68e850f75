"""QR codes for what a phone reads from a screen."""

from __future__ import annotations

from typing import Final

from locum.vault.secret import Secret

_SCALE: Final = 5  # pixels a module: a code for a sign-in is then about 250 pixels wide


def png(text: Secret) -> str:
    """A picture of `text` as a `data:` URI (RFC 2397), which a page shows without asking a server for it."""
    import segno  # imported late: few starts of Locum draw one, and it costs every start 40 ms

    uri: str = segno.make_qr(text.reveal_text(), error="m").png_data_uri(scale=_SCALE)
    return uri
