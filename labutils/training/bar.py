"""What a training shows while it runs: a bar, and one line for each validation."""

from tqdm.auto import tqdm


class Bar:
    """A progress bar and printed lines; ``quiet``: neither.

    The bar is a widget in a notebook, since JupyterLab sets what comes on stderr on a ground of its own, too pale to read in
    the dark theme; elsewhere it is on stderr.
    """

    def __init__(self, done: int, total: int, quiet: bool = False):
        self.quiet, self.done, self.total = quiet, done, total

    def __enter__(self) -> "Bar":
        self.bar: tqdm = tqdm(total=self.total, initial=self.done, desc="training", unit="step", disable=self.quiet)
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
