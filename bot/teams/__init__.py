"""Which workspaces have the app, and whose sync.so account pays for them."""
