"""Bets: how sure the learner is of a claim of ``data/claims.yaml``, before the lab that settles it does."""

from collections.abc import Mapping
from pathlib import Path

from labutils import files
from labutils.errors import LabError
from labutils.evaluation import claims
from labutils.i18n import _
from labutils.lessons import controls, kept

FILE = "bets.json"


class Bets:
    """The bets of one run of a lab.

    Args:
        lab: its number.  folder: where its bets are kept.

    Attributes:
        entries: the claim's id -> {"text", "confidence", "verdict"}; ``confidence`` is the chance in percent that the
            claim holds, or None; ``verdict`` is one of :mod:`labutils.evaluation.claims`, or None.
    """

    def __init__(self, lab: str, folder: Path):
        self.lab, self.path = lab, folder / FILE
        self.entries: dict[str, dict] = kept.entries(self.path, ("text", "confidence", "verdict"))
        self._claims = {claim.id: claim for claim in claims.load_claims() if claim.lab == lab}

    def place(self, claim: str, confidence: int | None = None) -> None:
        """Show a claim and ask for the chance, in percent, that it holds.

        Raises:
            LabError: ``"claim"`` (this lab settles none of that id), ``"confidence"`` (not from 0 to 100).
        """
        if claim not in self._claims:
            text = _("lab {lab} settles no claim {claim!r}; it settles: {claims}")
            raise LabError("claim", text.format(lab=self.lab, claim=claim, claims=", ".join(self._claims)))
        if confidence is not None and not (type(confidence) in (int, float) and 0 <= confidence <= 100):
            text = _("confidence is {value!r}; give the chance in percent that the claim holds, 0 to 100")
            raise LabError("confidence", text.format(value=confidence))
        entry = self.entries.get(claim, {"confidence": None, "verdict": None})
        entry["text"] = self._claims[claim].text
        if confidence is not None and entry["verdict"] is None:
            entry["confidence"] = confidence
        self.entries[claim] = entry
        self._save()
        print(_("The claim: {text}").format(text=entry["text"]))
        if entry["confidence"] is not None:
            print(_("Your bet: {confidence} % that it holds.").format(confidence=entry["confidence"]))
        if entry["verdict"] is None:
            controls.slider(entry["confidence"], lambda value: self._move(claim, value), _("Chance in %:"))

    def settle(self, numbers: Mapping) -> list[str]:
        """Settle every bet by the lab's key numbers; returns a sentence each.

        Raises:
            LabError: as :func:`labutils.evaluation.claims.settle`.
        """
        for claim, entry in self.entries.items():
            if claim in self._claims:
                entry["verdict"] = claims.settle(self._claims[claim], numbers)
        self._save()
        return [_sentence(entry) for entry in self.entries.values() if entry["verdict"]]

    def score(self) -> float | None:
        """Return the mean Brier score of the bets that were settled one way or the other, or None.

        0 is perfect, who always says 50 % has .25 (Brier 1950, Verification of Forecasts Expressed in Terms of
        Probability, doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2).
        """
        errors = [
            (entry["confidence"] / 100 - (entry["verdict"] == claims.HELD)) ** 2
            for entry in self.entries.values()
            if entry["confidence"] is not None and entry["verdict"] in (claims.HELD, claims.NOT_HELD)
        ]
        return sum(errors) / len(errors) if errors else None

    def _move(self, claim: str, value: int) -> None:
        if self.entries[claim]["verdict"] is None:
            self.entries[claim]["confidence"] = value
            self._save()

    def _save(self) -> None:
        files.write_json(self.path, self.entries)


def _sentence(entry: dict) -> str:
    words = {
        claims.HELD: _("it held"), claims.NOT_HELD: _("it did not hold"), claims.TOO_LITTLE: _("too little data to say"),
    }  # fmt: skip
    bet = _("no bet") if entry["confidence"] is None else _("you said {n} %").format(n=entry["confidence"])
    return _("{text} ({bet}) - {verdict}.").format(
        text=entry["text"].rstrip("."), bet=bet, verdict=words[entry["verdict"]]
    )
