"""How long sync.so keeps what people gave, as far as the app decides it."""

UNUSED_KEPT_S = 24 * 3600.0
"""Seconds from when an order named a file last, if no video is made of it."""
