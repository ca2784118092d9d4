"""Lab 08: what a thousand requests cost, when a model of one's own pays, and whether it is quick enough."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labutils.errors import LabError
from labutils.i18n import _
from labutils.widgets.blocks import Bars, Block, Sentence, Table
from labutils.widgets.panel import Panel, number, whole

HOURS = 730  # of a month
VOLUMES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)  # requests a month


@dataclass(frozen=True)
class Case:
    """Prices and sizes, in a currency of the learner's own.

    Attributes:
        input_price, output_price: of a hosted model, for a million tokens.  prompt_tokens, answer_tokens: of a request.
        server_price: for an hour of a server with the model of one's own; it is paid by day and night.
        requests_per_second: what one server answers.  peak: the busiest hour against the mean one.
        preparation: paid once, for data and training.
    """

    input_price: float = 1.0
    output_price: float = 4.0
    prompt_tokens: int = 800
    answer_tokens: int = 60
    server_price: float = 0.5
    requests_per_second: float = 5.0
    peak: float = 4.0
    preparation: float = 2_000.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            least = {"requests_per_second": 0.001, "peak": 1}.get(name, 0)
            if not (math.isfinite(value) and value >= least):
                text = _("{name} is {value}; it must be {least} or more")
                raise LabError("price", text.format(name=name, value=value, least=least))

    @property
    def request(self) -> float:
        """Price of one request to the hosted model."""
        return (self.input_price * self.prompt_tokens + self.output_price * self.answer_tokens) / 1e6

    @property
    def month_of_a_server(self) -> float:
        """Price of one server for a month."""
        return self.server_price * HOURS

    @property
    def capacity(self) -> float:
        """Requests a month that one server can take so that the busiest hour is served."""
        return self.requests_per_second * 3600 * HOURS / self.peak

    def servers(self, requests: float) -> int:
        """Count the servers that so many requests a month need."""
        return max(1, math.ceil(requests / self.capacity))

    def hosted(self, requests: float) -> float:
        """Return a month's cost of the hosted model."""
        return self.request * requests

    def own(self, requests: float) -> float:
        """Return a month's cost of the model of one's own, without the preparation."""
        return self.month_of_a_server * self.servers(requests)

    def break_even(self) -> float | None:
        """Return the requests a month from which a full server is cheaper than the hosted model, or None: never."""
        if not self.request or self.month_of_a_server / self.request > self.capacity:
            return None
        return self.month_of_a_server / self.request

    def months_to_pay(self, requests: float) -> float | None:
        """Return the months after which the preparation is paid by what is saved, or None where nothing is saved."""
        saved = self.hosted(requests) - self.own(requests)
        return self.preparation / saved if saved > 0 else None


def latency_rows(latencies: Mapping[str, Sequence[float]], limit_ms: float) -> list[tuple[str, str, str, str]]:
    """Return for each way: its name, p50 and p95 in ms, and whether p95 keeps the limit.

    Args:
        latencies: name -> measured seconds a request.

    Raises:
        LabError: code ``"latencies"``: a way has none.
    """
    rows = []
    for name, seconds in latencies.items():
        if not len(seconds):
            raise LabError("latencies", _("{name} has no measured request").format(name=name))
        middle, slow = np.percentile(np.asarray(seconds, dtype=float) * 1000, [50, 95])
        rows.append((name, f"{middle:.0f} ms", f"{slow:.0f} ms", _("yes") if slow <= limit_ms else _("no")))
    return rows


def _pays(case: Case, requests: float) -> str:
    point = case.break_even()
    if point is None:
        return _("A server of your own never becomes cheaper at these prices, however many requests there are.")
    text = _("Break-even: at {point:,.0f} requests a month one server costs as much as the hosted model.")
    months = case.months_to_pay(requests)
    after = _("At {requests:,} a month nothing is saved.")
    if months is not None:
        after = _("At {requests:,} a month the preparation is paid back after {months:.1f} months.")
    return f"{text.format(point=point)} {after.format(requests=requests, months=months)}"


def cost_blocks(case: Case, requests: int) -> list[Block]:
    """Show a case: costs per thousand requests, break-even, and months of several volumes."""
    hosted, own = case.hosted(requests), case.own(requests)
    thousand = {_("hosted model, prompted"): hosted, _("own tuned model"): own}
    bars = [(name, month / requests * 1000, f"{month / requests * 1000:,.2f}") for name, month in thousand.items()]
    rows = []
    for volume in sorted({*VOLUMES, requests}):
        costs = case.hosted(volume), case.own(volume)
        cheaper = _("equal") if costs[0] == costs[1] else _("hosted") if costs[0] < costs[1] else _("own")
        rows.append((f"{volume:,}", f"{costs[0]:,.0f}", f"{costs[1]:,.0f}", str(case.servers(volume)), cheaper))
    header = (_("requests a month"), _("hosted"), _("own"), _("servers"), _("cheaper"))
    return [
        Sentence(_pays(case, requests), strong=True),
        Bars(_("Cost per thousand requests"), bars, full=max(value for _name, value, _told in bars)),
        Table(_("Cost a month, preparation left out"), header, rows),
    ]


def costs(
    latencies: Mapping[str, Sequence[float]] | None = None, case: Case | None = None, requests: int = 100_000,
    limit_ms: float = 200.0,
) -> Panel:  # fmt: skip
    """Return fields for prices and volume, with the cost per thousand requests, the break-even and the latency.

    Args:
        latencies: name of a way -> measured seconds a request; without it latency is left out.
        case: the first prices. The default's are invented: put in your own.
        requests: a month.  limit_ms: that 95 of 100 requests must keep; an autocomplete needs 200.
    """
    case = case or Case()
    controls = {
        "requests": whole(_("Requests a month"), requests, 1, 1_000_000_000),
        "input_price": number(_("Hosted model: price of a million prompt tokens"), case.input_price),
        "output_price": number(_("Hosted model: price of a million answer tokens"), case.output_price),
        "prompt_tokens": whole(_("Tokens of a prompt"), case.prompt_tokens, 0, 1_000_000),
        "answer_tokens": whole(_("Tokens of an answer"), case.answer_tokens, 0, 1_000_000),
        "server_price": number(_("Own model: price of a server for an hour"), case.server_price),
        "requests_per_second": number(
            _("Requests that one server answers in a second"), case.requests_per_second, 0.001
        ),
        "peak": number(_("Busiest hour against the mean hour"), case.peak, 1.0),
        "preparation": number(_("Paid once, for data and training"), case.preparation),
    }
    if latencies:
        controls["limit_ms"] = number(_("Limit for 95 of 100 requests, in ms"), limit_ms)

    def result(requests: int, limit_ms: float = limit_ms, **prices: Any) -> list[Block]:
        blocks = cost_blocks(Case(**prices), requests)
        if latencies:
            header = (_("way"), "p50", "p95", _("p95 within {limit:g} ms").format(limit=limit_ms))
            blocks.append(Table(_("Latency, measured"), header, latency_rows(latencies, limit_ms)))
        return blocks

    title = _("What do these requests cost? (The first prices are invented: put in your own.)")
    return Panel(title, controls, result)
