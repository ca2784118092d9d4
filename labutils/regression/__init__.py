"""Regression: is a run of the labs what runs of these labs were before?"""

from labutils.regression.checks import LEFT, OUT, PASSED, Check, cases, check

__all__ = ["LEFT", "OUT", "PASSED", "Check", "cases", "check"]
