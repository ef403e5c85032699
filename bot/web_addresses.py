"""What may be told of a web address (paths and queries carry tokens); which lead to this machine. Pure."""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote, urlsplit

_LONGEST_NAME, _LONGEST_ENDING = 200, 5
_ADDRESS = re.compile(r"""(?:https?|wss?)(?::|%3A)(?:\\?/|%2F){2}[^\s"'<>`|]+""", re.IGNORECASE)
"""Also as it stands inside a query or in a JSON text."""
_END_OF_SENTENCE = ".,;:!?)]}…"


def host_and_name(url: str) -> tuple[str, str]:
    """Where an address leads; the file's name is empty where it does not end like one."""
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


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(name))
    except (OSError, UnicodeError):
        return None
