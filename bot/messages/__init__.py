"""Every text a user sees: records in, text and Block Kit out. Pure."""
