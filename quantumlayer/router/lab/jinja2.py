"""A bench as one HTML page, written with jinja2."""

from __future__ import annotations

from base64 import b64encode
from importlib import import_module
from typing import TYPE_CHECKING

from quantumlayer.errors import MissingExtraError
from quantumlayer.router.lab._baselines import BASELINES
from quantumlayer.router.lab._report import conditions, sections, shares

if TYPE_CHECKING:
    from quantumlayer.router.lab._bench import Bench

__all__ = ["page"]

_PLOTS = {
    "cost-quality": "Quality over cost of strategies, baselines and single models, with the convex "
    "hull of the models",
    "latency": "Percentiles of the time that callers waited, by strategy",
    "budget": "What was spent over time, by strategy",
}


def page(made: Bench) -> str:
    """Write a bench as a page. As `Bench.to_html`."""
    try:
        jinja2 = import_module("jinja2")
    except ImportError as error:
        raise MissingExtraError("Writing HTML reports", "lab") from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("quantumlayer.router.lab", "data"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    images = made.plots()
    text: str = environment.get_template("report.html").render(
        conditions=conditions(made),
        tables=[*sections(made), shares(made)],
        baselines=BASELINES,
        plots=[(title, b64encode(images[name]).decode("ascii")) for name, title in _PLOTS.items()],
    )
    return text
