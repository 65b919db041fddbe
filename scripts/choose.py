"""Hold the exports of a model against each other and say which one to ship."""

from pathlib import Path
from typing import TYPE_CHECKING

from parity.comparison.summary import RESULTS
from parity.files import read_json, write_json
from parity.logs import log_to
from parity.reporting.figures.exports import draw_choices
from parity.reporting.figures.theme import save
from parity.reporting.views.export_choice import CHOICES, choices, speed_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, results: str, accuracy: list[str], latencies: list[str], destination: str, plot: str
) -> None:
    """Write what is known of every export, and draw it."""
    known = [read_json(path, "accuracy/1") for path in accuracy]
    speeds = {Path(path).stem: speed_of(read_json(path, "latency/1")) for path in latencies}
    found = choices(read_json(results, RESULTS), next(iter(known), None), speeds)
    write_json(destination, CHOICES, found)
    save(draw_choices(found), plot)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            accuracy=snakemake.input.accuracy,
            latencies=snakemake.input.latencies,
            destination=snakemake.output.choices,
            plot=snakemake.output.plot,
        )
