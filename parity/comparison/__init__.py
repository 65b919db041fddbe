"""Matching two sets of detections and measuring how far apart they are."""
