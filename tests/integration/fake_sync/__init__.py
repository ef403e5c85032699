"""The fake sync.so, driven over real sockets."""
