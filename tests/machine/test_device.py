"""What the device computes in: bf16 where the hardware has it, and a precision that means something."""

import pytest
import torch

from labutils.errors import LabError
from labutils.machine import device


def test_a_t4_is_not_taken_for_bf16_hardware(monkeypatch):
    """A T4 says yes to is_bf16_supported(), by emulation."""
    device.native_bf16.cache_clear()
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert device.native_bf16("cuda") is False
    device.native_bf16.cache_clear()


def test_precision_means_something_or_is_refused():
    assert device.resolve_precision("fp32") == "fp32"
    assert device.resolve_precision("auto") in ("fp32", "bf16")
    with pytest.raises(LabError) as caught:
        device.resolve_precision("fp16")
    assert caught.value.code == "precision"


@pytest.mark.parametrize("name", ["gpu", "cuda:97", "meta", "cpu:1"])
def test_a_device_that_is_not_here_is_named(monkeypatch, name):
    """torch's own error, or one of moving the model much later, told nothing of the variable."""
    monkeypatch.setenv("LABS_DEVICE", name)
    with pytest.raises(LabError) as error:
        device.torch_device()
    assert error.value.code == "device" and name in str(error.value)
