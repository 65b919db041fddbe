"""Recording what a Python program feeds to its network; runs inside programs of others.

Its modules import the standard library only, and NumPy when there is something to record.
"""
