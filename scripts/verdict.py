"""Fail if a gated comparison exceeds its tolerance."""

import sys
from typing import TYPE_CHECKING

from parity.comparison.summary import RESULTS
from parity.files import read_json, write_json
from parity.logs import log_to
from parity.reporting.comparison_table import overview
from parity.reporting.verdict import FAIL, VERDICT, gated, lines, overall
from parity.reporting.views.diagnosis import DIAGNOSIS
from parity.reporting.views.diagnosis import verdict as diagnosis_verdict

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, results: list[str], diagnoses: list[str], report: str, destination: str) -> None:
    """Say what each gate came to; write that down, or exit with 1 if one of them fails."""
    documents = [read_json(path, RESULTS) for path in results]
    gates, table = gated(documents), overview(documents)
    told = [diagnosis_verdict(read_json(path, DIAGNOSIS)) for path in diagnoses]
    sys.stdout.write("\n".join([*lines(gates), *told, "", *table]) + "\n")
    verdict = overall(gates)
    if verdict == FAIL:
        sys.exit(1)
    content = {"verdict": verdict, "report": report, "gates": gates}
    content |= {"diagnoses": told, "table": table}
    write_json(destination, VERDICT, content)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            diagnoses=snakemake.input.get("diagnoses", []),
            report=snakemake.input.report,
            destination=snakemake.output.verdict,
        )
