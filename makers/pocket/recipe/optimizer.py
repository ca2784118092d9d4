"""AdamW whose update is scaled by each parameter's own root mean square, as nanoT5 does (arXiv:2309.02373)."""

from collections.abc import Callable, Iterable
from typing import Any

import torch

BETAS, EPSILON, FLOOR = (0.9, 0.98), 1e-8, 1e-3


class ScaledAdamW(torch.optim.AdamW):
    """The step of a parameter p is lr * max(rms(p), 1e-3) * m / (sqrt(v) + eps): torch's fused AdamW, one group each."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter], lr: float = 1.0) -> None:
        groups = [{"params": [parameter]} for parameter in parameters]
        super().__init__(groups, lr=lr, betas=BETAS, eps=EPSILON, weight_decay=0.0, fused=True)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Do one update; the rates that a schedule has set are scaled for it, and stand again after it."""
        rates = [group["lr"] for group in self.param_groups]
        for group, rate in zip(self.param_groups, rates, strict=True):
            [parameter] = group["params"]
            group["lr"] = rate * max(float(parameter.norm()) / parameter.numel() ** 0.5, FLOOR)
        try:
            return super().step(closure)
        finally:
            for group, rate in zip(self.param_groups, rates, strict=True):
                group["lr"] = rate
