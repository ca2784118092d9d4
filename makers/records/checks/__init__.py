"""The checks of the shipped data."""
