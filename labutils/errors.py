"""The one error of the project: something a person can mend."""

import copyreg

MOST = 4000  # characters of a message: what a user gave, and it tells, may have millions


class LabError(ValueError):
    """Something a person can mend: says what is wrong, where, and what to do.

    Attributes:
        code: a stable identifier of the error, for tests and for the doctor; never translated.
    """

    def __init__(self, code: str, message: str):
        half = MOST // 2
        super().__init__(message if len(message) <= MOST else f"{message[:half]} [...] {message[-half:]}")
        self.code = code

    def __reduce__(self) -> tuple:
        """Pickle and copy: workers of a pool send their errors so, subclasses' attributes included."""
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]  # typeshed has it not
