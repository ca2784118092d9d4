"""What only a CUDA GPU can show; skipped elsewhere. Run: pytest -m gpu tests/gpu"""

import dataclasses

import pytest
import torch

from labutils import runtime
from labutils.config import TrainingSettings
from labutils.training import fine_tune

from toys import make_tiny_model

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here"),
]
SETTINGS = TrainingSettings(learning_rate=5e-3, epochs=2, batch_size=8, eval_examples=4)


def bias_gradient(attention: str, dropout: float, precision: str) -> torch.Tensor:
    """Gradient of the encoder's position bias for one batch, shape (buckets, heads)."""
    model = make_tiny_model().cuda().train()
    model.set_attn_implementation(attention)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = dropout
    torch.manual_seed(0)
    ids = torch.randint(3, 60, (4, 64), generator=torch.Generator().manual_seed(1)).cuda()
    with runtime.autocast(precision):
        model(input_ids=ids, labels=ids[:, :8]).loss.backward()
    return model.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight.grad.float()


def test_the_position_bias_gets_its_gradient():
    """With cuDNN's attention on Hopper it gets none (FACTS); runtime.prepare_cuda switches that kernel off."""
    runtime.prepare_cuda()
    for precision, tolerance in (("fp32", 1e-4), ("auto", 5e-2)):
        eager = bias_gradient("eager", 0.0, precision)
        ours = bias_gradient("sdpa", 0.0, precision)
        assert eager.abs().max() > 0
        torch.testing.assert_close(ours, eager, rtol=tolerance, atol=tolerance * float(eager.abs().max()))


@pytest.mark.parametrize("length", [1, 2, 7, 63, 64, 65, 127, 200, 511, 512])
def test_no_length_gives_nan(length):
    runtime.prepare_cuda()
    model = make_tiny_model().cuda()
    ids = torch.randint(3, 60, (2, length)).cuda()
    with runtime.autocast("auto"):
        loss = model(input_ids=ids, labels=ids[:, :4]).loss
    loss.backward()
    assert torch.isfinite(loss)
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_it_trains_and_measures_memory(tiny, toy_task, tmp_path, method):
    model, tokenizer = tiny
    settings = dataclasses.replace(SETTINGS, method=method)
    history = fine_tune(model.cuda(), tokenizer, toy_task, settings, output_dir=tmp_path, quiet=True)
    losses = history.log["loss"].dropna()
    assert losses.iloc[-1] < losses.iloc[0] and history.peak_memory_mib > 0
