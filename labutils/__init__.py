"""FineTune Labs: the helper package under the labs. See DESIGN in the README for its floors."""

__version__ = "0.1.0"
__all__ = ["LabError", "ModelRunner", "__version__"]


def __getattr__(name):  # late: `import labutils` stays free of torch
    if name == "ModelRunner":
        from labutils.runner import ModelRunner

        return ModelRunner
    if name == "LabError":
        from labutils.i18n import LabError

        return LabError
    raise AttributeError(name)
