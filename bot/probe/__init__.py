"""What a stranger's file is, read by a child process that can open nothing.

Nothing is imported here: the child starts with this package, and has to be quick and small.
"""
