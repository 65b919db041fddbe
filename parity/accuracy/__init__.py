"""Holding detections against labels: mean average precision, its intervals, and kinds of error."""
