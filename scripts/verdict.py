"""Fail if a gated comparison exceeds its tolerance, or boxes could not be diagnosed."""

import sys
from typing import TYPE_CHECKING

from parity.comparison.results import Results
from parity.diagnosis.document import Undiagnosed, load_diagnosis
from parity.documents import load, save
from parity.logs import log_to
from parity.reporting.console_table import comparison_lines
from parity.reporting.diagnosis_verdict import unread_line, verdict_sentence, worst_first
from parity.reporting.verdict import FAIL, RunVerdict, gates_of, overall

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, results: list[str], diagnoses: list[str], report: str, destination: str) -> None:
    """Say what each gate came to; write that down, or exit with 1 if anything fails."""
    documents = [load(path, Results) for path in results]
    gates, table = gates_of(documents), comparison_lines(documents)
    found = worst_first(map(load_diagnosis, diagnoses))
    told = [*map(verdict_sentence, found)]
    unread = [unread_line(each) for each in found if isinstance(each, Undiagnosed)]
    lines = [*(gate.line for gate in gates), *unread, *told, "", *table]
    sys.stdout.write("\n".join(lines) + "\n")
    verdict = overall(gates)
    if verdict == FAIL or unread:
        sys.exit(1)
    save(destination, RunVerdict(verdict, report, gates, tuple(told), tuple(table)))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            diagnoses=snakemake.input.get("diagnoses", []),
            report=snakemake.input.report,
            destination=snakemake.output.verdict,
        )
