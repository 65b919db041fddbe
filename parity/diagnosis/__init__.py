"""Which steps of a deployment are wrong, from the boxes that it made."""
