"""From everything known about several exports to the one to ship."""


rule choose:
    """Compare the exports of a model with each other and say which one to ship."""
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
        dark="results/choose/{model}/dark/choices.png",
    log:
        "logs/choose/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/choose.py"),
    message:
        "Choosing an export of {wildcards.model}"
    script:
        "../scripts/choose.py"
