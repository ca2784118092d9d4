"""Cross-entropy over the vocabulary in chunks: the logits (thousands of tokens x 8,192) never exist all at once.

On a CPU the full fp32 logits and their two softmax passes cost a quarter of a step, most of it in memory traffic.
"""

import torch

CHUNK = 256  # tokens: 256 x 8,192 logits in fp32 are 8 MiB


class ChunkedLoss(torch.autograd.Function):
    """Mean cross-entropy in nats of hidden (n, d) @ weight (V, d).T against labels (n,); -100 is left out.

    The products run in bf16 with the softmax in fp32, as autocast would; gradients are made in the forward pass.
    """

    @staticmethod
    def forward(ctx, hidden, weight, labels):
        """-> scalar loss; keeps the gradients of hidden and weight for backward."""
        keep = labels != -100
        count = int(keep.sum())
        narrow, table = hidden.to(torch.bfloat16), weight.to(torch.bfloat16)
        hidden_grad = torch.empty_like(narrow)
        slopes = torch.empty((len(labels), len(weight)), dtype=torch.bfloat16)
        total = 0.0
        for start in range(0, len(labels), CHUNK):
            part = slice(start, start + CHUNK)
            scores = torch.log_softmax((narrow[part] @ table.T).float(), dim=-1)
            index = labels[part].clamp(min=0)[:, None]
            total -= float((scores.gather(1, index)[:, 0] * keep[part]).sum())
            scores.exp_()
            scores.scatter_add_(1, index, torch.full(index.shape, -1.0))
            scores *= keep[part, None] / count
            slopes[part] = scores
            hidden_grad[part] = slopes[part] @ table
        ctx.save_for_backward(hidden_grad.to(hidden.dtype), (slopes.T @ narrow).to(weight.dtype))
        return hidden.new_tensor(total / count)

    @staticmethod
    def backward(ctx, outer):
        """Scale the kept gradients by the outer one."""
        hidden_grad, weight_grad = ctx.saved_tensors
        return hidden_grad * outer, weight_grad * outer, None
