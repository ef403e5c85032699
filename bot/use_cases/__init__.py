"""What people may do: each use case is guarded, and checks the right itself."""
