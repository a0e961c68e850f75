"""What an application sends for a token. The contract has no page for it; the vendor's client module sends this."""

from __future__ import annotations

from locum.api.wire.base import In, Name
from locum.vault.secret import Secret


class AppUserTokenIn(In):
    login: Name
    password: Secret
    certificate_serial_number: Name
