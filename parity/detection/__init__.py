"""Geometry, decoding and suppression: the torch-free path from pixels to boxes."""
