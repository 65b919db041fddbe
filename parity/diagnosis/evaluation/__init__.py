"""Measuring the diagnosis on deployments with known faults."""
