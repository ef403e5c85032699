"""Addresses of files: whole, https, and leading no way into this machine or its network."""

from yarl import URL

from bot.media.errors import Redirected, UnsafeAddress
from bot.web_addresses import is_loopback, is_this_machine

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def may_lead_to(host: str, *, loopback: bool) -> bool:
    """Whether an address may lead to a host: to this machine only where `loopback` says so."""
    return loopback or not is_this_machine(host)


def secure(url: URL, *, loopback: bool) -> URL:
    """The same address, if it may be asked. Raises UnsafeAddress."""
    host = url.host or ""
    if not may_lead_to(host, loopback=loopback):
        raise UnsafeAddress("this machine is nobody's storage")
    if url.scheme == "https" or (url.scheme == "http" and is_loopback(host)):
        return url
    raise UnsafeAddress("only https is spoken with other machines")


def parsed(url: str) -> URL:
    """An address with nothing wrong in it. Raises UnsafeAddress."""
    try:
        parsed = URL(url, encoded=True)
        # yarl reads some parts only when it is asked for them, and raises only then
        sound = parsed.host and parsed.host_port_subcomponent and str(parsed.origin()).isascii()
    except ValueError:
        sound = False
    if not sound or " " in url or not url.isprintable():
        raise UnsafeAddress("not an address")
    return parsed


def redirected(url: URL, location: str) -> URL:
    """Where an answer sends on, never from https to less. Raises Redirected."""
    try:
        target = parsed(str(url.join(URL(location, encoded=True))))
    except (ValueError, UnsafeAddress) as error:
        raise Redirected("to nowhere") from error
    if url.scheme == "https" and target.scheme != "https":
        raise Redirected("away from https")
    return target
