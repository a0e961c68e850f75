"""Resources on the wire."""

from __future__ import annotations

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.reading import read, reader_of
from locum.api.wire.base import encoder
from locum.api.wire.managed_resource import HostIn, ManagedResource, ManagedResourceIn, ManagedResourceView
from locum.kit.ids import NIL


@pytest.mark.parametrize("shape", [ManagedResource, ManagedResourceView, ManagedResourceIn, HostIn])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_odd_names_are_as_the_contract_spells_them() -> None:
    view = ManagedResourceView(source_ip_address="192.0.2.1", source_os="Debian")
    sent = msgspec.json.decode(encoder.encode(view))
    assert (sent["sourceIPAddress"], sent["sourceOS"]) == ("192.0.2.1", "Debian")


def test_a_view_sent_back_with_garbled_objects_is_read() -> None:
    sent = msgspec.json.decode(encoder.encode(ManagedResourceView(name="web", port_ssh=2222)))
    sent |= {"host": "@{dnsHostName=web}", "platform": "System.Object", "serviceAccount": ["x"]}
    given = read(reader_of(ManagedResourceIn), sent)
    assert given == ManagedResourceIn(name="web", port_ssh=2222)


def test_a_host_may_come_with_its_address() -> None:
    given = read(
        reader_of(ManagedResourceIn), {"Host": {"DnsHostName": "web.example"}, "serviceAccountId": str(NIL)}
    )
    assert given.host == HostIn(dns_host_name="web.example")
    assert given.service_account_id is None
