"""A file without an adapter."""
