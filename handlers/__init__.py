"""What Slack may ask of the app: one file for each conversation."""
