"""One command for one deployment: a run of the workflow that answers what is wrong with it."""
