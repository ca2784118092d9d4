"""What a training will take: memory, arithmetic, and whether it fits."""
