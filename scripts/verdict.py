"""Fail if a gated comparison exceeds its tolerance, or boxes could not be diagnosed."""

import sys
from typing import TYPE_CHECKING

from parity.comparison.results import Results
from parity.diagnosis.document import load_diagnosis
from parity.documents import load, save
from parity.logs import log_to
from parity.reporting.answer import answers_of
from parity.reporting.console_table import comparison_lines
from parity.reporting.run_verdict import RunVerdict
from parity.reporting.verdict import gates_of, overall

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, results: list[str], diagnoses: list[str], report: str, destination: str) -> None:
    """Say what the run answers; write that down, or exit with 1 if a gate fails."""
    documents = [load(path, Results) for path in results]
    gates, table = gates_of(documents), tuple(comparison_lines(documents))
    answers = answers_of(documents, map(load_diagnosis, diagnoses))
    sys.stdout.write("\n".join([*answers.lines, "", *table]) + "\n")
    if answers.exit_code:
        sys.exit(answers.exit_code)
    save(destination, RunVerdict(overall(gates), report, gates, answers, table))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            diagnoses=snakemake.input.get("diagnoses", []),
            report=snakemake.input.report,
            destination=snakemake.output.verdict,
        )
