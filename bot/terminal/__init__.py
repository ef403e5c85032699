"""What whoever runs the app does at the terminal: one file for each command."""
