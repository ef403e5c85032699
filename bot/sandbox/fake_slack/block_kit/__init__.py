"""Block Kit's rules, and the state of what people fill in."""
