"""The cards of the shipped data sets."""
