"""The last lines of a run on the console.

Snakemake calls this with its own log. A verdict of an earlier run is repeated only if nothing it
speaks of has changed since.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parity.errors import UserError
from parity.files import read_json
from parity.reporting.verdict import VERDICT, lines

REPORT = "results/report/analysis_report.md"
PAGE = "results/report/index.html"
RESULTS_FOLDER = "results/summarise"
VERDICT_FILE = "results/verdict/verdict.json"

SHOWN = 5  # failed jobs
KILLED = ", which gives no reason: it was killed from outside, as happens when memory runs out"

FAILED_RULE = re.compile(r"^Error in rule (?P<rule>\w+):$")
FAILED_IN_GROUP = re.compile(r"^ {8}rule (?P<rule>\w+):$")
LOG_FILE = re.compile(r"^ +log: (?P<path>.+?) \(check log file")
REACHED = re.compile(r"^Finished jobid: \d+ \(Rule: verdict\)$", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """A job that failed: its rule, and its log file if the rule has one."""

    rule: str
    log: str


def closing_lines(log_path: str | Sequence[str], succeeded: bool) -> str:
    """Return what a run came to, with the number behind it, and where the report is.

    Parameters
    ----------
    log_path : str or sequence of str
        Snakemake's own log of this run; Snakemake hands over a list.
    succeeded : bool
        Whether every job did.
    """
    text = _read([log_path] if isinstance(log_path, str) else log_path)
    if succeeded:
        return _after_success(text)
    failed = failures(text)
    if failed and all(failure.rule == "verdict" for failure in failed):
        spoken = _read([failure.log for failure in failed]).strip()
        if "FAIL " in spoken:
            return f"The run is complete, verdict FAIL:\n{spoken}\n\n{_where(REPORT)}"
    return _stopped(failed)


def failures(text: str) -> list[Failure]:
    """Return the jobs that failed according to Snakemake's log, each rule and log file once.

    Parameters
    ----------
    text : str
        Snakemake's log.
    """
    found: dict[Failure, None] = {}
    rule = ""
    for line in text.splitlines():
        start = FAILED_RULE.match(line) or FAILED_IN_GROUP.match(line)
        if start:
            rule = start["rule"]
        elif rule and not line.startswith(" "):  # the end of what is said about the job
            found[Failure(rule, "")] = None
            rule = ""
        elif rule and (where := LOG_FILE.match(line)):
            found[Failure(rule, where["path"])] = None
            rule = ""
    if rule:
        found[Failure(rule, "")] = None
    return list(found)


def _after_success(text: str) -> str:
    idle = "Finished jobid: " not in text  # nothing was stale, or --quiet hides what was
    if not (REACHED.search(text) or (idle and _is_current())):
        return "The run is complete; it was not asked for a verdict."
    try:
        verdict = read_json(VERDICT_FILE, VERDICT)
    except (OSError, UserError) as error:
        return f"The run is complete, but its verdict cannot be read ({error})."
    said = [*lines(verdict["gates"]), *verdict.get("diagnoses", [])]
    spoken = "\n".join([*said, "", *verdict["table"]])
    return f"Verdict {verdict['verdict'].upper()}:\n{spoken}\n\n{_where(verdict['report'])}"


def _is_current() -> bool:
    """Return whether a verdict is there that is younger than all results it speaks of."""
    verdict = Path(VERDICT_FILE)
    results = Path(RESULTS_FOLDER).glob("*/comparison_results.json")
    times = [path.stat().st_mtime for path in results]
    return verdict.is_file() and bool(times) and verdict.stat().st_mtime >= max(times)


def _where(report: str) -> str:
    return f"The report is {PAGE}, or as text {report}"


def _stopped(failed: list[Failure]) -> str:
    if not failed:
        return "The run stopped early; nothing was concluded."
    where = [f"{job.rule}, see {job.log}{_why(job)}" if job.log else job.rule for job in failed]
    more = len(where) - SHOWN
    where[SHOWN:] = [f"and {more} more"] if more > 0 else []
    return "\n".join(["The run stopped; nothing was concluded. It stopped in", *where])


def _why(job: Failure) -> str:
    said = _read([job.log])
    sentences = re.findall(r"^error: .+", said, re.MULTILINE)
    if sentences:
        return f"\n  {sentences[-1]}"
    return "" if "error: " in said.lower() or "Traceback" in said else KILLED


def _read(paths: Sequence[str]) -> str:
    texts = []
    for path in paths:
        try:
            texts.append(Path(path).read_text(errors="replace"))
        except OSError:
            continue
    return "\n".join(texts)
