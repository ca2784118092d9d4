"""What only a CUDA GPU can show; skipped elsewhere. Run: pytest -m gpu tests/gpu

LABS_GPU_REHEARSAL=1 runs on a processor what can run there, so that a mistake in a test costs no GPU's time.
"""

import dataclasses
import os

import pytest
import torch

from labutils.config import TrainingSettings
from labutils.machine import device
from labutils.models import load_weights
from labutils.planning import room
from labutils.t5.surgery import set_dropout
from labutils.training.fine_tuning import fine_tune

from toys import make_tiny_model

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not torch.cuda.is_available() and "LABS_GPU_REHEARSAL" not in os.environ, reason="no CUDA GPU here"
    ),
]
SETTINGS = TrainingSettings(learning_rate=5e-3, epochs=2, batch_size=8, eval_examples=4)


def batch_of(length: int) -> dict:
    """Two rows of token ids, the second half as long and padded, with labels of at most eight tokens."""
    ids = torch.randint(3, 60, (2, length), generator=torch.Generator().manual_seed(length))
    mask = torch.ones_like(ids)
    mask[1, (length + 1) // 2 :] = 0
    batch = {"input_ids": ids * mask, "attention_mask": mask, "labels": ids[:, :8].contiguous()}
    return {name: tensor.to(device.torch_device()) for name, tensor in batch.items()}


def bias_gradient(attention: str, dropout: float, precision: str, draws: int = 1) -> torch.Tensor:
    """Gradient of the encoder's position bias, shape (buckets, heads), mean over draws of dropout."""
    model = make_tiny_model().to(device.torch_device()).train()
    model.set_attn_implementation(attention)
    set_dropout(model, dropout)
    torch.manual_seed(0)
    for _ in range(draws):
        with device.autocast(precision):
            model(**batch_of(64)).loss.backward()
    return model.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight.grad.float() / draws


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-4), ("auto", 5e-2)])
def test_the_position_bias_gets_its_gradient(precision, tolerance):
    """With cuDNN's attention on Hopper it gets none (FACTS); device.prepare_cuda switches that kernel off."""
    device.prepare_cuda()
    eager, ours = (bias_gradient(attention, 0.0, precision) for attention in ("eager", "sdpa"))
    assert eager.abs().max() > 0
    torch.testing.assert_close(ours, eager, rtol=tolerance, atol=tolerance * float(eager.abs().max()))


def test_the_position_bias_gets_its_gradient_under_dropout():
    """Each kernel draws masks of its own, so that the means over many draws are compared."""
    device.prepare_cuda()
    eager, ours = (bias_gradient(attention, 0.1, "fp32", draws=400) for attention in ("eager", "sdpa"))
    assert float((ours * eager).sum() / (ours.norm() * eager.norm())) > 0.98
    assert float(ours.norm() / eager.norm()) == pytest.approx(1.0, abs=0.1)


def test_no_length_gives_nan():
    device.prepare_cuda()
    model = make_tiny_model().to(device.torch_device())
    for length in range(1, 513):
        model.zero_grad()
        with device.autocast("auto"):
            loss = model(**batch_of(length)).loss
        loss.backward()
        finite = [torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None]
        assert torch.isfinite(loss) and all(finite), length


def test_a_planned_and_trained_model_answers_as_when_it_is_loaded_again(tiny, toy_task, tmp_path, monkeypatch):
    """The memory check's trace once left its attention, which computes nothing, in the model that was trained."""
    monkeypatch.setattr(room, "surely_fits", lambda *arguments: False)
    model, tokenizer = tiny
    history = fine_tune(model.to(device.torch_device()), tokenizer, toy_task, SETTINGS, output_dir=tmp_path, quiet=True)
    loaded = load_weights(make_tiny_model().to(device.torch_device()), history.folder)
    with torch.no_grad():
        again, trained = (part.eval()(**batch_of(20)).logits for part in (loaded, history.model))
    torch.testing.assert_close(again, trained)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_it_trains_and_measures_memory(tiny, toy_task, tmp_path, method):
    model, tokenizer = tiny
    settings = dataclasses.replace(SETTINGS, method=method)
    history = fine_tune(model.to(device.torch_device()), tokenizer, toy_task, settings, output_dir=tmp_path, quiet=True)
    losses = history.log["loss"].dropna()
    assert losses.iloc[-1] < losses.iloc[0] and history.peak_memory_mib > 0
