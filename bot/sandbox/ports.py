"""Ports for servers that are started later, and again after they were killed."""

import random
import socket
from contextlib import ExitStack

_BELOW_OUTGOING = range(10_000, 32_768)
"""Systems take the ports of outgoing connections from above: Linux from 32768, macOS from 49152."""


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on, all different.

    None of them is taken by an outgoing connection before its server has started, nor while it is down.
    """
    chance = random.SystemRandom()
    with ExitStack() as stack:
        held: list[socket.socket] = []
        while len(held) < number:
            try:
                probe = socket.create_server(("127.0.0.1", chance.choice(_BELOW_OUTGOING)))
            except OSError:
                continue
            held.append(stack.enter_context(probe))
        return [int(probe.getsockname()[1]) for probe in held]
