"""AdamW whose update is scaled by each parameter's own root mean square, as nanoT5 does (arXiv:2309.02373)."""

from collections.abc import Iterable
from typing import Any

import torch

BETAS, EPSILON, FLOOR = (0.9, 0.98), 1e-8, 1e-3


class ScaledAdamW:
    """Adam with bias correction; the step of a parameter p is lr * max(rms(p), 1e-3) * m / (sqrt(v) + eps)."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        self.parameters: list[torch.Tensor] = list(parameters)
        self.mean = [torch.zeros_like(p) for p in self.parameters]
        self.square = [torch.zeros_like(p) for p in self.parameters]
        self.steps = 0
        self.roots = [p.numel() ** 0.5 for p in self.parameters]

    @torch.no_grad()
    def step(self, lr: float, clip: float = 1.0) -> float:
        """One update after backward(); gradients are clipped to a norm of `clip` and then dropped -> gradient norm.

        torch's fused kernel reads and writes each tensor once: a chain of _foreach calls takes four times as long.
        """
        grads = [p.grad for p in self.parameters if p.grad is not None]
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(grads)))
        divide_by = (norm / clip).clamp(min=1.0)
        sizes = torch._foreach_norm(self.parameters)
        for p, grad, mean, square, size, root in zip(
            self.parameters, grads, self.mean, self.square, sizes, self.roots, strict=True
        ):
            torch._fused_adamw_(
                [p],
                [grad],
                [mean],
                [square],
                [],
                [torch.tensor(float(self.steps + 1))],
                lr=lr * max(float(size) / root, FLOOR),
                beta1=BETAS[0],
                beta2=BETAS[1],
                weight_decay=0.0,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
                grad_scale=divide_by,
                found_inf=None,
            )
            p.grad = None
        self.steps += 1
        return float(norm)

    def state(self) -> dict[str, Any]:
        """Tensors and numbers for a checkpoint."""
        return {"mean": self.mean, "square": self.square, "steps": self.steps}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from state()."""
        self.mean, self.square, self.steps = state["mean"], state["square"], state["steps"]
