"""How fast the arms are, where every run times them."""

from collections.abc import Iterator
from statistics import median

from parity.benchmarking.results import Latency
from parity.reporting.views.blocks import Block, Figure, Group, Note, table
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.wording import count, number

HEADER = ("contestant", "images per second")
PLOT = "Speed of each contestant, ratios of speeds, and work per image by stage"


def prepare(model: Model) -> View | None:
    """Return the speeds measured with each export; None where nothing was timed."""
    plots = model.files("latency_plots")
    groups = [
        Group(export, tuple(blocks_of(found, plots.get(export))))
        for export, found in model.documents("latencies", Latency).items()
    ]
    return View(tuple(groups)) if groups else None


def blocks_of(found: Latency, plot: str | None) -> Iterator[Block]:
    """Yield the speeds and their figure."""
    rows = [
        (contestant.name, number(median(contestant.images_per_second)))
        for race in found.races
        for contestant in race.contestants
    ]
    yield table("Median speed", HEADER, rows)
    machine = found.made_by.machine
    yield Note(
        f"{count(found.rounds, 'round')} of {count(found.images, 'image')} each on "
        f"{machine.processor}, {count(machine.cores, 'core')}."
    )
    if plot:
        yield Group("Figure", (Figure(plot, PLOT),), folded=True)


SECTIONS.add("speed", Section("Speed", 50, prepare))
