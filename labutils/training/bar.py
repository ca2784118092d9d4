"""What a training shows while it runs: a bar, and one line for each validation."""

import sys

from tqdm import tqdm


class Bar:
    """A progress bar on stderr, and printed lines on stdout; ``quiet``: neither."""

    def __init__(self, done: int, total: int, quiet: bool = False):
        self.quiet, self.done, self.total = quiet, done, total

    def __enter__(self) -> "Bar":
        self.bar: tqdm = tqdm(
            total=self.total, initial=self.done, desc="training", unit="step", file=sys.stderr, disable=self.quiet
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self.bar.close()

    def update(self, step: int) -> None:
        """Move the bar to a step."""
        self.bar.update(step - self.done)
        self.done = step

    def show(self, loss: float) -> None:
        """Show the training loss beside the bar."""
        self.bar.set_postfix(loss=f"{loss:.3f}")

    def line(self, text: str) -> None:
        """Print a line that stays."""
        if not self.quiet:
            print(text, flush=True)
