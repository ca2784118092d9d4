"""A class: hand-ins and the page that merges them, checkpoints to hand out, Colab."""
