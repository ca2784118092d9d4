"""The doctor: what an error means in plain words and how to mend it, and what is wrong with this environment."""

from typing import TYPE_CHECKING

from labutils.lazy import attach

if TYPE_CHECKING:
    from labutils.doctor.ailments import AILMENTS, Ailment, ailment_of
    from labutils.doctor.explaining import explain

__all__ = ["AILMENTS", "Ailment", "ailment_of", "explain"]
__getattr__, __dir__ = attach(__name__, ailments=("AILMENTS", "Ailment", "ailment_of"), explaining=("explain",))
