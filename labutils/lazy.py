"""Public names of a folder, imported when they are first asked for: `import labutils` stays free of torch."""

import importlib
from collections.abc import Callable


def attach(package: str, **names: tuple[str, ...]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package (PEP 562).

    Args:
        package: its ``__name__``.  names: for each module inside the package the public names that it defines.
    """
    homes = {name: module for module, several in names.items() for name in several}

    def getattribute(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{homes[name]}"), name)

    return getattribute, lambda: sorted(homes)
