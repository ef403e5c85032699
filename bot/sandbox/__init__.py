"""A small Slack workspace and a small sync.so, on loopback, for trying and testing the app."""
