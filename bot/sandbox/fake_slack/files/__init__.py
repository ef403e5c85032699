"""Uploads, downloads and sharing of files."""
