"""``labs bench``: this project's training, generation and scoring beside what a learner would run instead.

Every measurement runs in a process of its own, so that memory is counted from that process's imports and nothing is
warm from the one before. Four recipes do the same work on the same data from the same weights: see `recipes`.
"""
