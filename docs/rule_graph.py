"""Write the graph of the rules into README.md, as Snakemake draws it, without what follows.

Run by ``make docs``; a test compares the README with it.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
CONFIGS = ("config.yaml", "config/demo_faults.yaml")
"""Between them they use the rules that the README speaks of."""
PLACE = re.compile(r"(?<=<!-- rules: make docs -->\n).*?(?=<!-- end of rules -->)", re.DOTALL)


def rule_graph(config: str) -> Iterator[tuple[str, str]]:
    """Yield the edges of the graph of a configuration: a rule, and one that uses what it makes."""
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "mermaid-js", "--quiet"]
    text = subprocess.run(  # noqa: S603
        [*command, "--configfile", config], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    names = dict(re.findall(r"^\t(id\d+)\[(\w+)\]$", text, re.MULTILINE))
    for source, target in re.findall(r"^\t(id\d+) --> (id\d+)$", text, re.MULTILINE):
        yield names[source], names[target]


def reach(graph: dict[str, set[str]], rule: str) -> set[str]:
    """Return the rules that need a rule, directly or not."""
    return graph[rule].union(*(reach(graph, user) for user in graph[rule]))


def reduced(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return a graph without the edges that its other edges imply."""
    return {
        rule: users - set().union(*(reach(graph, user) for user in users))
        for rule, users in graph.items()
    }


def render(graph: dict[str, set[str]]) -> str:
    """Return a graph as a block of Markdown."""
    edges = sorted((rule, user) for rule, users in graph.items() for user in users)
    lines = [f"    {rule} --> {user}" for rule, user in edges if user != "all"]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```", ""])


def draw() -> str:
    """Return the graph of the rules as a block of Markdown."""
    graph: dict[str, set[str]] = {}
    for rule, user in chain.from_iterable(map(rule_graph, CONFIGS)):
        graph.setdefault(rule, set()).add(user)
        graph.setdefault(user, set())
    return render(reduced(graph))


if __name__ == "__main__":
    README.write_text(PLACE.sub(draw(), README.read_text()))
