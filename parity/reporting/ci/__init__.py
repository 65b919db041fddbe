"""The verdict of a run in formats of continuous integration."""
