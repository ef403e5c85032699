"""How parent and child talk over their one pair of sockets. The child asks for bytes, and answers once."""

from struct import Struct

ASK = Struct("!QI")
"""From the child: the offset and the number of bytes wanted, or `ANSWER` and the length of its answer."""
ANSWER = 2**64 - 1
GIVE = Struct("!I")
"""From the parent: the number of bytes that follow, or `REFUSED`."""
REFUSED = 2**32 - 1

MOST_AT_ONCE = 1024 * 1024
"""Bytes of one request."""
MOST_TRIPS = 32
MOST_BYTES = 16 * 1024 * 1024
"""What is read of one file before it is given up: fragments without an index are read whole."""
LONGEST_ANSWER = 8 * 1024
