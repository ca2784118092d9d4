"""The machine: paths, device and precision, memory, processes, and what a result was made with."""
