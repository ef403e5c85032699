"""What the app asks a workspace for."""

BOT_SCOPES = (
    "app_mentions:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "im:history",
    "users:read",
)
"""The bot scopes of the manifest; why each is needed stands in `bot.manifest`."""
