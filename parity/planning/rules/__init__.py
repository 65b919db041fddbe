"""What the rules are given: their input files and parameters, one module per stage of a run."""
