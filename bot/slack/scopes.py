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
"""The bot scopes that everybody who has the app grants; why, stands in `bot.terminal.manifest`."""
GROUPS_SCOPE = "usergroups:read"
"""Asked for beside them where a team lets a user group use the app."""
HELLO_SCOPES = ("channels:read", "groups:read")
"""As above, where the app is to say hello in channels that it is added to: public ones, and private ones."""
