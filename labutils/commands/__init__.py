"""The commands of ``labs``: learners' own, training, teachers', and the project's."""
