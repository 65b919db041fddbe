"""What the process that coordinates a run says and keeps; no rule imports it."""
