"""Compare the exports of a model and say which one to ship."""

from pathlib import Path
from typing import TYPE_CHECKING

from parity.accuracy.results import Accuracy
from parity.benchmarking.results import Latency
from parity.comparison.results import Results
from parity.documents import load, save
from parity.logs import log_to
from parity.reporting.export_choice import compare_exports, single_thread_speed
from parity.reporting.figures.export_choice import draw_choices
from parity.reporting.figures.theme import save_figures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, results: str, accuracy: list[str], latencies: list[str], destination: str, plot: str
) -> None:
    """Write what is known of every export, and draw it."""
    known = [load(path, Accuracy) for path in accuracy]
    speeds = {Path(path).stem: single_thread_speed(load(path, Latency)) for path in latencies}
    found = compare_exports(load(results, Results), next(iter(known), None), speeds)
    save(destination, found)
    save_figures(lambda: draw_choices(found), plot)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            accuracy=snakemake.input.accuracy,
            latencies=snakemake.input.latencies,
            destination=snakemake.output.choices,
            plot=snakemake.output.plot,
        )
