"""Making a checkpoint of our own of a foreign one, of which nothing is imported or called."""
