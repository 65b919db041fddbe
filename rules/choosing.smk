"""From all that is known of several exports to the one to ship."""


rule choose:
    """Hold the exports of a model against each other and say which one to ship."""
    input:
        results=rules.summarise.output.results,
        accuracy=PLAN.accuracies,
        latencies=PLAN.latencies,
    output:
        choices="results/choose/{model}/choices.json",
        plot=report(
            "results/choose/{model}/choices.png",
            caption="../report/choices.rst",
            category="Exports",
            labels={"model": "{model}", "what": "which to ship"},
        ),
    log:
        "logs/choose/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/choose.py"),
    message:
        "Choosing among the exports of {wildcards.model}"
    script:
        "../scripts/choose.py"
