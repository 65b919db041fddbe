"""What is wrapped in each library that reads images or runs networks."""
