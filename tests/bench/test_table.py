"""The tables of a benchmark, from figures made here, and the picture beside them."""

from labutils.bench import publish, table
from labutils.planning import planner

from toys import code_of


def test_ratios_are_ours_over_theirs():
    assert table.ratios([{"examples_per_s": 30.0}], [{"examples_per_s": 10.0}]) == [3.0]
    assert table.spread([1.0, 2.0, 3.0]) == "2.0 [1.0, 3.0]" and table.spread([]) == "-"


def test_whoever_learns_less_is_found_out():
    def run(recipe, loss):
        spec = {"kind": "train", "method": "full", "recipe": recipe, "precision": "fp32"}
        return {"spec": spec, "measured": {"held_out_loss": loss}}

    same = [run("ours", 4.0), run("example", 4.0)]
    lora = [{"spec": e["spec"] | {"method": "lora"}, "measured": e["measured"]} for e in same]
    assert table.learned_as_much({"runs": same + lora}) == {"full": True, "lora": True}
    assert table.learned_as_much({"runs": [run("ours", 4.1), *same[1:], *lora]})["full"] is False


def test_plans_for_large_models_fit_where_the_table_says(monkeypatch):
    assert [plan[0] for plan in table.PLANS if plan[-1] == 8] == ["flan-t5-xl", "flan-t5-xxl"]
    monkeypatch.setattr(table, "PLANS", [table.PLANS[3], table.PLANS[5]])  # one GPU and eight: each takes seconds
    rows = table.plan_rows()
    assert [row[3] for row in rows] == [1, 8]
    for *_rest, gib, names, _minutes in rows:
        kept = [name for name, device in planner.DEVICES.items() if name in names.split(", ")]
        assert all(float(gib) <= planner.DEVICES[name].memory_gib for name in kept)
        assert all(float(gib) > 0.9 * d.memory_gib for n, d in planner.DEVICES.items() if n not in kept and n != "T4")


def test_a_picture_of_another_program_is_not_drawn_over(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    monkeypatch.setattr(table, "figure", lambda _results: Figure())
    (tmp_path / "default.svg").write_text("mine")
    for _again in range(2):
        assert publish.draw({}, tmp_path / "default.json").name == "default.svg"
    assert {p.name for p in tmp_path.iterdir()} == {"default.svg", "default.other.svg"}
    assert (tmp_path / "default.other.svg").read_text() == "mine"
    (tmp_path / "other.svg").mkdir()
    assert code_of(publish.draw, {}, tmp_path / "other.json") == "folder"
