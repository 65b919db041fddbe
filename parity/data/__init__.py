"""Images and labels: finding, indexing, dividing into batches, reading."""
