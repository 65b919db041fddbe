"""Searching the faults that explain the observed boxes best."""
