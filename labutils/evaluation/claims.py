"""Claims about fine-tuning that a learner bets on: what they say, and what a lab's numbers say to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import paths

RULES = ("interval_above", "interval_below", "above", "below", "is_true")
FIELDS = {"id": str, "lab": str, "text": str, "bet": bool, "key": str | list, "holds": dict | list, "settled_by": str}
HELD, NOT_HELD, TOO_LITTLE = "held", "not held", "too little data"


@dataclass(frozen=True)
class Claim:
    """One claim: ``lab`` settles it by the numbers named ``keys``, each of which must obey its rule.

    Attributes:
        bet: whether the learner bets on it; otherwise the lab only shows it.
        rules: one (name, bound) for each key; the name is one of ``RULES``.
    """

    id: str
    lab: str
    text: str
    bet: bool
    keys: tuple[str, ...]
    rules: tuple[tuple[str, float], ...]
    settled_by: str


def load_claims(path: Path | None = None) -> list[Claim]:
    """Read the claims from ``path`` (default: the shipped ``data/claims.yaml``), in their order.

    Raises:
        LabError: a file or an entry that is not as it should be (code ``"claims_file"``).
    """
    path = Path(path) if path else paths.data_dir() / "claims.yaml"
    try:
        entries = list(yaml.safe_load(path.read_text(encoding="utf-8"))["claims"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        text = _("{path} is not a file of claims: {error}; it needs a list named claims")
        raise LabError("claims_file", text.format(path=path, error=error)) from error
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, 1):
        name = entry.get("id", number) if isinstance(entry, dict) else number
        try:
            claim = _claim(entry)
            if claim.id in claims:
                raise ValueError(_("its id stands above already"))
        except ValueError as error:
            text = _("{path}, claim {name}: {error}").format(path=path, name=name, error=error)
            raise LabError("claims_file", text) from error
        claims[claim.id] = claim
    return list(claims.values())


def _claim(entry: object) -> Claim:
    entry = entry if isinstance(entry, dict) else {}
    for field, kind in FIELDS.items():
        if not isinstance(entry.get(field), kind) or entry[field] in ("", [], {}):
            raise ValueError(_("the field {field} is missing or of a wrong kind").format(field=field))
    if unknown := sorted(str(field) for field in set(entry) - set(FIELDS)):
        raise ValueError(_("unknown field {field}").format(field=", ".join(unknown)))
    keys = [entry["key"]] if isinstance(entry["key"], str) else entry["key"]
    rules = entry["holds"] if isinstance(entry["holds"], list) else [entry["holds"]] * len(keys)
    if len(rules) != len(keys) or not all(isinstance(key, str) for key in keys):
        raise ValueError(_("give one rule for all keys, or a list with one for each"))
    rest = {field: entry[field] for field in ("id", "lab", "text", "bet", "settled_by")}
    return Claim(keys=tuple(keys), rules=tuple(_rule(rule) for rule in rules), **rest)


def _rule(rule: object) -> tuple[str, float]:
    if not isinstance(rule, dict) or len(rule) != 1 or next(iter(rule)) not in RULES:
        raise ValueError(_("unknown rule {rule}; there are: {choices}").format(rule=rule, choices=", ".join(RULES)))
    [(name, bound)] = rule.items()
    if not (bound is True if name == "is_true" else type(bound) in (int, float)):
        raise ValueError(_("the rule {name} cannot have the bound {bound!r}").format(name=name, bound=bound))
    return name, float(bound)


def settle(claim: Claim, numbers: Mapping) -> str:
    """Return ``"held"``, ``"not held"`` or ``"too little data"``: what a lab's ``numbers`` say to a claim.

    Raises:
        LabError: the lab recorded no such number (code ``"claim_key"``), or an interval where a number is needed or
            the other way round (``"claim_value"``).
    """
    verdicts = set()
    for key, (rule, bound) in zip(claim.keys, claim.rules, strict=True):
        where = {"id": claim.id, "lab": claim.lab, "key": key}
        if key not in numbers:
            text = _("claim {id}: lab {lab} recorded no number {key}; run the lab again, to its end")
            raise LabError("claim_key", text.format(**where))
        if isinstance(numbers[key], (list, tuple)) != rule.startswith("interval"):
            text = _("claim {id}: {key} of lab {lab} is {value}, which the rule {rule} cannot judge")
            raise LabError("claim_value", text.format(**where, value=numbers[key], rule=rule))
        verdicts.add(_verdict(rule, bound, numbers[key]))
    return next(verdict for verdict in (NOT_HELD, TOO_LITTLE, HELD) if verdict in verdicts)


def _verdict(rule: str, bound: float, value: Any) -> str:
    if not rule.startswith("interval"):
        return HELD if {"above": value > bound, "below": value < bound}.get(rule, value == bound) else NOT_HELD
    low, high = value
    if low == high == bound:  # not one pair differs: the same, not unknown
        return NOT_HELD
    if not (low > bound or high < bound):  # what is no number lies on neither side
        return TOO_LITTLE
    return HELD if (low > bound) == (rule == "interval_above") else NOT_HELD
