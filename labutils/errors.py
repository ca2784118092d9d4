"""The one error of the project: something a person can mend."""


class LabError(ValueError):
    """Something a person can mend: says what is wrong, where, and what to do.

    Attributes:
        code: a stable identifier of the error, for tests and for the doctor; never translated.
    """

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
