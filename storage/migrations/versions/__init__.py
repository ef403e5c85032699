"""One script for each revision, numbered, oldest first."""
