"""FineTune Labs: the helper package under the labs. README has a map of its folders."""

from typing import TYPE_CHECKING

from labutils.lazy import attach
from labutils.machine import settings

if TYPE_CHECKING:
    from labutils.errors import LabError
    from labutils.runner import ModelRunner

__version__ = "0.1.0"
__all__ = ["LabError", "ModelRunner", "__version__"]
__getattr__, __dir__ = attach(__name__, errors=("LabError",), runner=("ModelRunner",))

settings.before_torch()
