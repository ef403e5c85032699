"""What comes in over HTTP: Slack's requests, sync.so's webhooks, health."""
