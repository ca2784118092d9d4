"""Stored ranges."""
