"""Installs of the app: consent, codes, tokens, and how they end (Slack: installing with OAuth)."""
