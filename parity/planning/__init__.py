"""What a run will do: its configuration, images, batches, arms and comparisons."""
