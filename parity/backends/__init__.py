"""The runtimes that execute the network."""
