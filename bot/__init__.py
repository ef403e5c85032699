"""The app: use cases, worker, messages and the composition root."""
