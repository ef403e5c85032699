"""Unit tests of `bot.asking`."""
