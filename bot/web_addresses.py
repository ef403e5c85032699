"""What may be told of a web address (paths and queries carry tokens); which lead to this network. Pure."""

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote, urlsplit

_LONGEST_NAME, _LONGEST_ENDING = 200, 5
_ADDRESS = re.compile(r"""(?:https?|wss?)(?::|%3A)(?:\\?/|%2F){2}[^\s"'<>`|]+""", re.IGNORECASE)
"""Also as it stands inside a query or in a JSON text."""
_PLAIN = re.compile(r"https?://([a-z0-9.-]+)(?:/(?:[!$&->@-~]*/)?([\w.-]*))?", re.ASCII)
"""Without a port, a query or anything escaped: most are."""
_IPV6_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")
_CLOUD = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))
"""What may look public and is not: where machines of Azure's and Oracle's are told their secrets."""
_END_OF_SENTENCE = ".,;:!?)]}…"


def host_and_name(url: str) -> tuple[str, str]:
    """Where an address leads; the file's name is empty where it does not end like one."""
    plain = _PLAIN.fullmatch(url)
    if plain is not None:
        host, last = plain.groups("")
    else:
        try:
            parts = urlsplit(url)
            host, last = parts.hostname or "", unquote(parts.path.rpartition("/")[2])
        except ValueError:
            return "", ""
    return host, last if _is_file_name(last) else ""


def without_secrets(text: str) -> str:
    """A text in which each web address is no more than its host and file name."""
    return _ADDRESS.sub(_shortened, text)


def _shortened(match: re.Match[str]) -> str:
    address = match[0].rstrip(_END_OF_SENTENCE)
    end = match[0][len(address) :]
    host, name = host_and_name(address)
    if not host:
        return f"(a web address){end}"
    rest = address.partition("://")[2]
    if "/" not in rest and "?" not in rest and "#" not in rest and "@" not in rest:
        return match[0]
    return "/".join(part for part in (f"https://{host}", "…", name) if part) + end


def _is_file_name(text: str) -> bool:
    """Whether it ends as a file's name does; what does not is as likely a token."""
    stem, _, ending = text.rpartition(".")
    looks_like_one = ending.isalnum() and not ending.isdecimal() and len(ending) <= _LONGEST_ENDING
    return bool(stem) and looks_like_one and len(text) <= _LONGEST_NAME


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


def is_public(address: str) -> bool:
    """Whether an IP address is a stranger's on the internet: none of this machine, its network or its cloud.

    IPv6 addresses that stand for one of IPv4 are judged by that one (RFC 4291, 2.5.5.2; RFC 6052).
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is None and ip not in _TRANSLATED:
            return ip in _IPV6_UNICAST and ip.is_global and not (ip.sixtofour or ip.teredo)
        ip = IPv4Address(ip.packed[-4:])
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or any(ip in own for own in _CLOUD))


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(name))
    except (OSError, UnicodeError):
        return None
