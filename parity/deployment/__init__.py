"""A deployment as a point in the space of pre- and postprocessing choices, and how it runs."""
