"""The core on a real SQLite file: steps, use cases, worker, web."""
