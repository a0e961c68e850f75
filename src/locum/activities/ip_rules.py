"""PURE: from which addresses sessions of a connection profile may be asked for and used. A rule that denies wins."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import msgspec

from locum.kit.errors import Invalid

MOST = 100
Address = IPv4Address | IPv6Address


class RuleType(IntEnum):
    """Numbers of the contract's IpAddressRuleType."""

    STANDARD = 0
    RANGE = 1
    CIDR = 2


class IpRule(msgspec.Struct, frozen=True):
    """One address, `first-last` or a network like 10.0.0.0/8, and whether who comes from there may."""

    address: str
    allowed: bool
    type: int


def check_rules(rules: Sequence[IpRule]) -> None:
    """Raise Invalid for what is no address, range or network, and for too many rules."""
    if len(rules) > MOST:
        raise Invalid(f"a connection profile has at most {MOST} address rules", field="address")
    for rule in rules:
        try:
            _ends(rule)
        except ValueError:
            raise Invalid("address must be an address, a range first-last or a network", field="address") from None


def refusal(rules: Sequence[IpRule], address: str | None) -> str | None:
    """Why nobody may from this address, or None. Without rules everybody may; with one that allows, only who meets one.

    An address that is not known, or that is none, meets no rule that allows and every rule that denies.
    """
    if not rules:
        return None
    try:
        where = _plain(ip_address((address or "").split("%")[0]))
    except ValueError:
        return "the address you come from is not known, and the connection profile has rules about it"
    met = [rule.allowed for rule in rules if _holds(rule, where)]
    if not all(met) or (not met and any(rule.allowed for rule in rules)):
        return "the connection profile does not let you in from your address"
    return None


def _holds(rule: IpRule, where: Address) -> bool:
    first, last = _ends(rule)
    return first.version == where.version and int(first) <= int(where) <= int(last)


def _ends(rule: IpRule) -> tuple[Address, Address]:
    """The first and the last address of a rule. Raises ValueError."""
    text = rule.address.strip()
    if rule.type == RuleType.CIDR:
        network = ip_network(text, strict=False)
        first, last = _plain(network[0]), _plain(network[-1])
    elif rule.type == RuleType.RANGE:
        begin, _, end = text.partition("-")
        first, last = _plain(ip_address(begin.strip())), _plain(ip_address(end.strip()))
    else:
        first = last = _plain(ip_address(text))
    if first.version != last.version or int(first) > int(last):
        raise ValueError("a range goes from a lower to a higher address of one kind")
    return first, last


def _plain(address: Address) -> Address:
    """IPv4 also where it comes dressed as IPv6, as it does on a socket for both."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
