"""The card of the shipped model, written from what was measured."""
