"""Every text a user sees, held against what Slack takes."""
