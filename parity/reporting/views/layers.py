"""In which layers the error of an export arises."""

from parity.layers.results import LayerResults
from parity.reporting.views.blocks import Figure, Group, Sentences
from parity.reporting.views.section import SECTIONS, Model, Section, View

PLOT = "Signal-to-noise ratio along the network, and the share of each layer in the final error"


def prepare(model: Model) -> View | None:
    """Return what was found out about the layers of each export; None without any."""
    plots = model.files("layer_plots")
    groups = [
        Group(
            export,
            (
                Sentences(tuple(found.sentences)),
                *([Figure(plots[export], PLOT)] if export in plots else []),
            ),
        )
        for export, found in model.documents("layers", LayerResults).items()
    ]
    return View(tuple(groups), folded=True) if groups else None


SECTIONS.add("layers", Section("Layers", 90, prepare))
