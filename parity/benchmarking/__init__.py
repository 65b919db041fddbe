"""How fast the arms are, and against what."""
