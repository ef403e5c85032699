"""A typed client for sync.so's HTTP API v2; a library in waiting, it imports nothing of ours."""
