"""The commands of ``labs``: learners' own, training, and the project's."""
