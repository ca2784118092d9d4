"""Before a training: what does not fit is said, with what would."""

from dataclasses import replace

import pytest

from labutils.config import TrainingSettings
from labutils.errors import LabError
from labutils.machine import device, memory
from labutils.planning import room
from labutils.planning.planner import shape_config
from labutils.planning.room import Room
from labutils.training.fine_tuning import fine_tune

from toys import make_tiny_model

SETTINGS = TrainingSettings(batch_size=16, precision="fp32")
TOKENS = (256, 32)


def needed(settings, room=None, config=None, tokens=TOKENS):
    return (room or Room(0, gpu=True)).needed_mib(config or shape_config("flan-t5-small"), settings, tokens)


def test_too_little_memory_is_said_before_with_what_fits(tiny, toy_task, tmp_path, monkeypatch):
    model, tokenizer = tiny
    settings = TrainingSettings(batch_size=8, epochs=1, precision="fp32", eval_examples=0)
    need = needed(settings, Room(0, gpu=False), model.config, (16, 4))
    monkeypatch.setattr(memory, "free_memory_mib", lambda: need * 0.5)
    with pytest.raises(LabError, match="not even LoRA") as error:
        fine_tune(model, tokenizer, toy_task, settings, output_dir=tmp_path, quiet=True)
    assert error.value.code == "memory" and not list(tmp_path.glob("checkpoint-*"))
    assert "LABS_MEMORY=unchecked" in str(error.value)
    monkeypatch.setenv("LABS_MEMORY", "unchecked")
    assert room.before_training(model, settings, [{"input_ids": [1] * 16, "labels": [1] * 4}]) is None
    monkeypatch.delenv("LABS_MEMORY")
    monkeypatch.setattr(memory, "free_memory_mib", lambda: 1e6)  # the advice is taken, in the same folder
    other = replace(settings, gradient_accumulation=2)
    assert fine_tune(make_tiny_model(), tokenizer, toy_task, other, output_dir=tmp_path, quiet=True).train_s > 0


def test_the_least_change_that_fits_is_offered():
    config, split = shape_config("flan-t5-small"), replace(SETTINGS, gradient_accumulation=2)
    little = Room(needed(split) / 0.84, gpu=True)
    with pytest.raises(LabError, match="gradient_accumulation=2 would take") as error:
        room.check(config, SETTINGS, TOKENS, little)
    assert error.value.code == "memory"
    assert room.check(config, split, TOKENS, little) is None
    assert "gradient_accumulation=2" in room.check(config, SETTINGS, TOKENS, Room(needed(SETTINGS) / 0.95, gpu=True))


def test_processes_share_the_batch_and_shards_the_state():
    eight, whole = (Room(0, gpu=True, processes=8, sharded=sharded) for sharded in (True, False))
    assert needed(SETTINGS, eight) < needed(SETTINGS, whole)
    groups = [name for group in room.smaller(SETTINGS, 8) for name, _settings in group]
    assert groups[:2] == ["gradient_accumulation=1", "gradient_accumulation=2"] and not any("=4" in g for g in groups)


def test_data_parallel_processes_hold_what_they_send():
    alone, two = Room(0, gpu=True), Room(0, gpu=True, processes=2)
    config = make_tiny_model().config
    half = replace(SETTINGS, batch_size=SETTINGS.batch_size // 2)
    sent = 4 * sum(p.numel() for p in make_tiny_model().parameters()) / 2**20
    assert two.needed_mib(config, SETTINGS, (20, 5)) == pytest.approx(alone.needed_mib(config, half, (20, 5)) + sent)


def test_auto_precision_is_planned_as_it_will_run(monkeypatch):
    """On a T4 "auto" trains in fp32 and was planned as bf16, at about half of the activations."""
    room, automatic = Room(0, gpu=True), replace(SETTINGS, precision="auto")
    monkeypatch.setattr(device, "resolve_precision", lambda precision: "fp32" if precision == "auto" else precision)
    fp32, bf16 = (needed(replace(SETTINGS, precision=precision), room) for precision in ("fp32", "bf16"))
    assert needed(automatic, room) == fp32 > 1.1 * bf16


def test_a_containers_limit_is_seen(tmp_path):
    assert memory._left_in_container(tmp_path) == float("inf")
    for name, text in (("max", "max"), ("current", "100"), ("stat", "anon 60\ninactive_file 30\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert memory._left_in_container(tmp_path) == float("inf")
    (tmp_path / "memory.max").write_text("1000\n")
    assert memory._left_in_container(tmp_path) == 930
    (tmp_path / "memory.max").unlink()
    (tmp_path / "memory").mkdir()
    for name, text in (("limit_in_bytes", "500"), ("usage_in_bytes", "200"), ("stat", "total_inactive_file 50\n")):
        (tmp_path / "memory" / f"memory.{name}").write_text(text)
    assert memory._left_in_container(tmp_path) == 350


def test_processes_on_a_cpu_share_its_memory(monkeypatch):
    monkeypatch.setattr(memory, "free_memory_mib", lambda: 1000.0)
    monkeypatch.setattr(room.processes, "size", lambda: 4)
    assert room.here() == Room(250.0, False, 4, False)


def test_the_quick_bound_lies_above_the_trace():
    for shape, tokens, size in (
        ("pocket", (64, 16), 9.6e6),
        ("pocket", (512, 96), 9.6e6),
        ("flan-t5-small", TOKENS, 77e6),
    ):
        config = shape_config(shape)
        need = needed(SETTINGS, Room(0, gpu=False), config, tokens)
        assert not room.surely_fits(config, size, SETTINGS, tokens, Room(2 * need, gpu=False))
        assert room.surely_fits(config, size, SETTINGS, tokens, Room(1e6, gpu=False))


def test_a_batch_is_no_larger_than_the_examples():
    """A batch size above their number was refused by memory that it would never take, after minutes of tracing."""
    config, few = shape_config("pocket"), Room(1000, gpu=False, examples=40)
    forty, many = (needed(replace(SETTINGS, batch_size=size), few, config) for size in (40, 2**16))
    assert forty == many
    rows = [{"input_ids": [1] * 16, "labels": [1] * 4}] * 3
    assert room.before_training(make_tiny_model(), replace(SETTINGS, batch_size=2**16), rows) is None


def test_memory_grows_by_the_same_with_each_row(monkeypatch):
    config, room_ = make_tiny_model().config, Room(0, gpu=False)
    traced = needed(replace(SETTINGS, batch_size=24), room_, config)
    monkeypatch.setattr(room, "TRACED", 8)
    assert needed(replace(SETTINGS, batch_size=24), room_, config) == pytest.approx(traced, rel=0.02)


def test_a_very_large_batch_is_planned_by_a_line(monkeypatch):
    """Its trace gave no answer for minutes."""
    seen = []
    monkeypatch.setattr(Room, "_of_rows", lambda self, rows, *_: seen.append(rows) or 100 + 2 * rows)
    with pytest.raises(
        LabError, match=r"gradient_accumulation=256 would take 612 MiB.*131172|131172.*=256 would"
    ) as error:
        room.check(None, replace(SETTINGS, batch_size=2**16), TOKENS, Room(1000, gpu=False))
    assert error.value.code == "memory" and max(seen) <= room.TRACED and len(seen) < 12
