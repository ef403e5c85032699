"""What the browser page reads and hears."""
