"""Images and labels: finding them, planning batches, reading them."""
