"""Write the report of a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.comparison.summary import RESULTS
from parity.files import atomic, read_json
from parity.logs import log_to
from parity.reporting.gallery import INDEX, PICTURES
from parity.reporting.report import find_links, render
from parity.reporting.sweep_section import sweep_sections

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    results: list[str],
    plots: list[str],
    pictures: list[str],
    sweeps: list[str],
    sweep_plots: list[str],
    config: dict[str, Any],
    destination: str,
) -> None:
    """Write the report on all models as Markdown."""
    listed = {folder: read_json(Path(folder) / INDEX, PICTURES) for folder in pictures}
    folders = {index["model"]: folder for folder, index in listed.items()}
    report = render(
        [read_json(path, RESULTS) for path in results],
        {index["model"]: index for index in listed.values()},
        config=config,
        links=find_links(plots, folders, destination),
        sweeps=sweep_sections(sweeps, sweep_plots, destination),
    )
    with atomic(destination) as temporary:
        temporary.write_text(report, encoding="utf-8")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            plots=snakemake.input.plots,
            pictures=snakemake.input.pictures,
            sweeps=snakemake.input.sweeps,
            sweep_plots=snakemake.input.sweep_plots,
            config=snakemake.params.config,
            destination=snakemake.output.report,
        )
