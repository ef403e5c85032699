"""What Slack sends to the app, and the ways it goes."""
