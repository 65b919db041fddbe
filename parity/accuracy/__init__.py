"""Comparing detections with labels: mean average precision, its intervals, and kinds of error."""
