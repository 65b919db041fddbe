"""Naming the cause of a difference."""
