"""Figures, pictures and text for a person."""
