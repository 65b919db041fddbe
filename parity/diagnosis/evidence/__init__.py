"""What the observed boxes say of a hypothesis, and what it costs."""
