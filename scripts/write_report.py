"""Write the report of a run, as Markdown and as a page."""

from typing import TYPE_CHECKING, Any

from parity.logs import log_to
from parity.reporting.html.page import write_page
from parity.reporting.markdown.report import write_markdown
from parity.reporting.report import prepare_report

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, inputs: dict[str, list[str]], config: dict[str, Any], report: str, page: str, files: str
) -> None:
    """Write both reports; inputs are files or folders of each model by name."""
    prepared = prepare_report(inputs, config)
    write_markdown(prepared, report, page=page)
    write_page(prepared, page=page, files=files, markdown=report)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            inputs={name: list(paths) for name, paths in snakemake.input.items()},
            config=snakemake.params.config,
            **snakemake.output,
        )
