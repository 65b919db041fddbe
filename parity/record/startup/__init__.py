"""The folder that a recorded program finds on its path when it starts."""
