"""Variables that libraries read only when a process begins: memory, threads, kernel caches."""

import os
import sys

# glibc hands freed memory back to the system and faults it in again at every training step; kept instead, a step on two
# cores is 12 % faster (measured: 20.6 -> 23.0 examples/s). Read when a process begins, so the kernels must inherit it.
KERNEL_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "67108864",
    # Threads that wait spin for some microseconds, then sleep. Examples/s on two idle cores and beside a busy process:
    # libgomp's default 29.4 and 9.2, always asleep (OMP_WAIT_POLICY=PASSIVE) 25.4 and 15.8, this 28.6 and 13.7.
    "GOMP_SPINCOUNT": "2000",
    # oneDNN, which multiplies in bf16, keeps half a MiB for every shape of a product that it has met, and lengths vary from
    # batch to batch. Room for the shapes of a step is enough: 512 dialogues took 1,710 MiB, so 1,040, at the same speed.
    "LRU_CACHE_CAPACITY": "64",
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
    "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel is this environment's, not one installed for the user
}


def prepare_kernels() -> None:
    """Set what kernels started from this process are to inherit; what is set already stays."""
    for name, value in KERNEL_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def restart_with_settings(command: list[str], **more: str) -> None:
    """Begin this process again with :data:`KERNEL_ENVIRONMENT`, unless it has it: such settings are read at the beginning.

    Args:
        command: what Python is to run, as in ``["-m", "makers.pocket"]``.  more: further variables.
    """
    if sys.platform == "linux" and not all(name in os.environ for name in KERNEL_ENVIRONMENT):
        os.execve(sys.executable, [sys.executable, *command], {**KERNEL_ENVIRONMENT, **more, **os.environ})
