"""burnish: polish a pre-trained model into a specialist, and prove that it is better.

    run = burnish.run("reviews.csv", label="sentiment")
    run.verdict["decision"], run.specialist.predict(["…"])

Heavy libraries are imported when they are used, so that `import burnish` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from burnish.version import __version__

if TYPE_CHECKING:
    from burnish.contracts import Prediction
    from burnish.errors import UserError
    from burnish.faces.ablating import Ablation, ablate
    from burnish.faces.checking import Checked, check
    from burnish.faces.cross_validating import CrossValidation, cross_validate
    from burnish.faces.labelling import label_confirm, label_export, label_import, label_next, label_weak
    from burnish.faces.python import Run, load, run
    from burnish.faces.sweeping import Sweep, sweep
    from burnish.labelling.functions import labelling_function
    from burnish.predictor import Specialist

__all__ = [
    "Ablation",
    "Checked",
    "CrossValidation",
    "Prediction",
    "Run",
    "Specialist",
    "Sweep",
    "UserError",
    "__version__",
    "ablate",
    "check",
    "cross_validate",
    "label_confirm",
    "label_export",
    "label_import",
    "label_next",
    "label_weak",
    "labelling_function",
    "load",
    "run",
    "sweep",
]

_HOMES = {
    "Ablation": "burnish.faces.ablating",
    "Checked": "burnish.faces.checking",
    "CrossValidation": "burnish.faces.cross_validating",
    "Prediction": "burnish.contracts",
    "Run": "burnish.faces.python",
    "Specialist": "burnish.predictor",
    "Sweep": "burnish.faces.sweeping",
    "UserError": "burnish.errors",
    "ablate": "burnish.faces.ablating",
    "check": "burnish.faces.checking",
    "cross_validate": "burnish.faces.cross_validating",
    "label_confirm": "burnish.faces.labelling",
    "label_export": "burnish.faces.labelling",
    "label_import": "burnish.faces.labelling",
    "label_next": "burnish.faces.labelling",
    "label_weak": "burnish.faces.labelling",
    "labelling_function": "burnish.labelling.functions",
    "load": "burnish.faces.python",
    "run": "burnish.faces.python",
    "sweep": "burnish.faces.sweeping",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'burnish' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
