"""Unit, integration, acceptance and browser tests."""
