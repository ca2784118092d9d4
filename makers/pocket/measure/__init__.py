"""What the shipped model can do: scores, and what the labs show over several seeds."""
