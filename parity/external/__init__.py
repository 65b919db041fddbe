"""Boxes that somebody else's program wrote: formats, reading, conversion."""
