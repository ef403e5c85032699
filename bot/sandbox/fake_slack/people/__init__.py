"""What people do in the workspace, and what they are shown for it."""
