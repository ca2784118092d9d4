"""Lab 08's costs: a hosted model's tokens beside a server's hours, and latency held to a limit."""

import math

import pytest

from labutils.widgets import costs
from labutils.widgets.money import Case, latency_rows

from toys import HOSTILE, code_of, html

CASE = Case(1.0, 4.0, 800, 50, server_price=1.0, requests_per_second=1.0, peak=1.0, preparation=1000.0)


def test_a_request_costs_its_tokens_and_a_server_its_hours():
    assert CASE.request == pytest.approx(0.001) and CASE.hosted(1000) == pytest.approx(1.0)
    assert CASE.own(1) == 730 and CASE.servers(CASE.capacity + 1) == 2


def test_at_break_even_both_cost_the_same():
    point = CASE.break_even()
    assert CASE.hosted(point) == pytest.approx(CASE.own(point))
    assert CASE.months_to_pay(point / 2) is None
    assert CASE.months_to_pay(2 * point) == pytest.approx(1000 / 730)


@pytest.mark.parametrize("changes", [{"input_price": 0.0, "output_price": 0.0}, {"requests_per_second": 0.001}])
def test_where_a_server_never_pays_there_is_no_break_even(changes):
    assert Case(**(vars(CASE) | changes)).break_even() is None


@pytest.mark.parametrize("changes", [{"input_price": -1.0}, {"requests_per_second": 0.0}, {"peak": math.nan}])
def test_an_impossible_price_is_refused(changes):
    assert code_of(Case, **(vars(CASE) | changes)) == "price"


def test_latency_is_held_to_its_limit_at_p95():
    rows = latency_rows({"own": [0.1] * 100, "hosted": [0.1] * 90 + [1.0] * 10}, 200)
    assert [row[3] for row in rows] == ["yes", "no"] and rows[1][1:3] == ("100 ms", "1000 ms")
    assert code_of(latency_rows, {"own": []}, 200) == "latencies"


def test_costs_follow_prices_volume_and_limit():
    panel = costs({HOSTILE: [0.1, 0.3]}, CASE, requests=100_000)
    texts = [panel.text]
    for name, value in (("requests", 2_000_000), ("server_price", 3.0), ("limit_ms", 400.0), ("input_price", 0.0)):
        panel.controls[name].value = value
        texts.append(panel.text)
    assert len(set(texts)) == 5 and "<script" not in html(panel)
    panel.controls["output_price"].value = 0.0
    panel.controls["server_price"].value = 0.0
    assert "nan" not in panel.text and "Error" not in panel.text


def test_without_measured_requests_there_is_no_latency():
    assert "limit_ms" not in costs().controls and "p95" not in costs().text
