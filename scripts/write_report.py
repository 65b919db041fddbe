"""Write the report of a run, as Markdown and as a page."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.comparison.summary import RESULTS
from parity.files import atomic, read_json
from parity.logs import log_to
from parity.reporting.figures.gallery import INDEX, PICTURES
from parity.reporting.html.page import write_page
from parity.reporting.markdown.report import find_links, render
from parity.reporting.views.diagnosis import diagnosis_sections
from parity.reporting.views.model_files import export_sections
from parity.reporting.views.thresholds import sweep_sections

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, inputs: dict[str, list[str]], config: dict[str, Any], report: str, page: str, files: str
) -> None:
    """Write the report on all models; inputs are files or folders of each model by name."""
    listed = {folder: read_json(Path(folder) / INDEX, PICTURES) for folder in inputs["pictures"]}
    folders = {index["model"]: folder for folder, index in listed.items()}
    text = render(
        [read_json(path, RESULTS) for path in inputs["results"]],
        {index["model"]: index for index in listed.values()},
        config=config,
        links=find_links(inputs["plots"], folders, report),
        sweeps=sweep_sections(inputs["sweeps"], inputs["sweep_plots"], report),
        files=export_sections(inputs, report),
        diagnoses=diagnosis_sections(inputs, report),
    )
    with atomic(report) as temporary:
        temporary.write_text(text, encoding="utf-8")
    write_page(inputs, config=config, page=page, files=files)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            inputs={name: list(paths) for name, paths in snakemake.input.items()},
            config=snakemake.params.config,
            **snakemake.output,
        )
