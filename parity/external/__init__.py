"""External boxes, written by another program: formats, reading, conversion."""
