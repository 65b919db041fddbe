"""Parameters that are fitted to the observed boxes instead of being tried one by one."""
