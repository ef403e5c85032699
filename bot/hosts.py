"""Names of this very machine, in every way in which they are written."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address


def is_loopback(host: str | None) -> bool:
    """Whether a host name means this machine only, as it is usually written."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_this_machine(host: str) -> bool:
    """Whether a connection to a host may end here, however the name is written.

    Resolvers take `127.1`, `2130706433` and `0x7f.1` for loopback, and systems `0.0.0.0` for themselves.
    """
    name = host.casefold().strip("[]").rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address is not None and (address.is_loopback or address.is_unspecified)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(name))
    except (OSError, UnicodeError):
        return None
