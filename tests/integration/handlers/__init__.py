"""Slack's payloads, signed and whole, against the real routes and a real SQLite file."""
