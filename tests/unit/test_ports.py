"""Ports for servers that start later."""

import socket

from bot.sandbox.ports import free_ports


def test_free_ports_differ_can_be_listened_on_and_are_none_that_outgoing_connections_get() -> None:
    ports = free_ports(50)

    assert len(set(ports)) == 50
    assert max(ports) < 32_768
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()
