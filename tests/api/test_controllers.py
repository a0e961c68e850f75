"""Every file that declares operations is in the list, and the list holds nothing else."""

from __future__ import annotations

import importlib
import pkgutil

import locum.api
from locum.api.controllers import CONTROLLERS
from locum.api.operations import Operation


def test_no_controller_is_forgotten() -> None:
    modules = [importlib.import_module(m.name) for m in pkgutil.iter_modules(locum.api.__path__, "locum.api.")]
    declaring = {m.__name__ for m in modules if any(isinstance(v, Operation) for v in vars(m).values())}
    assert declaring == {m.__name__ for m in CONTROLLERS}
    assert len(CONTROLLERS) == len(set(CONTROLLERS))
