"""What people typed, chose and dropped, into a wish; the wish into what sync.so is asked for."""
