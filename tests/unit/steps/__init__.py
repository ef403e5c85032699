"""Unit tests of `bot.steps`."""
