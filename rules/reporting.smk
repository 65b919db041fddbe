"""From numbers to figures, pictures, a report and a verdict."""


rule plot:
    """Plot the comparisons of a run."""
    input:
        results=rules.summarise.output.results,
        comparisons=PLAN.all_comparisons,
    output:
        plots=report(
            "results/plot/{model}/comparison_plots.png",
            caption="../report/plots.rst",
            category="Comparison",
            labels={"model": "{model}", "what": "figures"},
        ),
        dark="results/plot/{model}/dark/comparison_plots.png",
    log:
        "logs/plot/{model}.log",
    priority: 1  # takes longest of what the report waits for
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/plot.py"),
    message:
        "Plotting the comparisons of {wildcards.model}"
    script:
        "../scripts/plot.py"


rule annotate:
    """Draw the detections of every arm into the images that differ most."""
    input:
        results=rules.summarise.output.results,
        detections=PLAN.all_detections,
        comparisons=PLAN.all_comparisons,
        batches=collect("results/plan/batches/{batch}.json", batch=PLAN.batches),
    output:
        pictures=report(
            directory("results/annotate/{model}"),
            patterns=["{picture}.jpg"],
            caption="../report/pictures.rst",
            category="Pictures",
            labels={"model": "{model}", "picture": "{picture}"},
        ),
    log:
        "logs/annotate/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        worst=lookup("annotate", within=config),
        code=fingerprint("scripts/annotate.py"),
    message:
        "Drawing the detections of {wildcards.model} into the images"
    script:
        "../scripts/annotate.py"


rule browse:
    """Gather the images that differ most, and their detections, for the report's image browser."""
    input:
        results=rules.summarise.output.results,
        detections=PLAN.all_detections,
        comparisons=PLAN.all_comparisons,
        batches=collect("results/plan/batches/{batch}.json", batch=PLAN.batches),
    output:
        browser=directory("results/browse/{model}"),
    log:
        "logs/browse/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        worst=lookup("browse", within=config),
        code=fingerprint("scripts/browse.py"),
    message:
        "Gathering images of {wildcards.model} for the report"
    script:
        "../scripts/browse.py"


rule write_report:
    """Write the report of a run as Markdown and as a page."""
    input:
        results=collect(rules.summarise.output.results, model=PLAN.models),
        plots=collect(rules.plot.output.plots, model=PLAN.models),
        pictures=collect(rules.annotate.output.pictures, model=PLAN.annotated_models),
        browsers=collect(rules.browse.output.browser, model=PLAN.models),
        sweeps=collect(rules.tune.output.results, model=PLAN.swept_models),
        sweep_plots=collect(rules.plot_sweep.output.plots, model=PLAN.swept_models),
        inspections=collect(
            "results/inspect_export/{model}/{export}.json",
            model=PLAN.models,
            export=PLAN.exports,
        ),
        accuracies=collect(rules.accuracy.output.accuracy, model=PLAN.labelled_models),
        layers=collect("results/layers/{file}.json", file=PLAN.layer_files),
        layer_plots=collect("results/plot_layers/{file}.png", file=PLAN.layer_files),
        fallbacks=collect("results/tally/{file}.json", file=PLAN.fallback_files),
        choices=collect(rules.choose.output.choices, model=PLAN.chosen_models),
        choice_plots=collect(rules.choose.output.plot, model=PLAN.chosen_models),
        diagnoses=collect("results/diagnose/{file}.json", file=PLAN.external_files),
        diagnosis_plots=collect("results/plot_diagnosis/{file}.jpg", file=PLAN.drawn_files),
        latencies=collect(
            "results/latency/{model}/{export}.json",
            model=PLAN.timed_models,
            export=PLAN.exports,
        ),
        latency_plots=collect(
            "results/plot_latency/{model}/{export}.png",
            model=PLAN.timed_models,
            export=PLAN.exports,
        ),
        variants=[
            *collect(rules.plot.output.dark, model=PLAN.models),
            *collect(rules.plot_sweep.output.dark, model=PLAN.swept_models),
            *collect(rules.choose.output.dark, model=PLAN.chosen_models),
            *collect(
                "results/plot_layers/{model}/dark/{export}.png",
                model=PLAN.models,
                export=PLAN.suspects,
            ),
            *collect(
                "results/plot_latency/{model}/dark/{export}.png",
                model=PLAN.timed_models,
                export=PLAN.exports,
            ),
            *collect("results/plot_diagnosis/{file}.jpg", file=PLAN.drawn_variants),
        ],
    output:
        report=report(
            "results/report/analysis_report.md",
            caption="../report/report.rst",
            category="Report",
            labels={"model": "all", "what": "report"},
        ),
        page=report(
            "results/report/index.html",
            caption="../report/page.rst",
            category="Report",
            labels={"model": "all", "what": "page"},
        ),
        files=directory("results/report/files"),
    log:
        "logs/write_report/analysis_report.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        config=config,
        code=fingerprint(
            "scripts/write_report.py",
            "parity/reporting/html/templates",
            "parity/reporting/markdown/templates",
        ),
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"


rule verdict:
    """Write down what the run came to, for people and for continuous integration."""
    input:
        results=collect(rules.summarise.output.results, model=PLAN.models),
        diagnoses=collect("results/diagnose/{file}.json", file=PLAN.external_files),
        accuracies=collect(rules.accuracy.output.accuracy, model=PLAN.labelled_models),
    output:
        verdict="results/verdict/verdict.json",
        junit="results/verdict/junit.xml",
        summary="results/verdict/summary.md",
        badge="results/verdict/badge.svg",
    log:
        "logs/verdict/verdict.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        report=rules.write_report.output.report,
        code=fingerprint("scripts/verdict.py"),
    message:
        "Giving the verdict"
    script:
        "../scripts/verdict.py"


rule gate:
    """Fail if a gated comparison exceeds its tolerance; everything else is written before."""
    input:
        verdict=rules.verdict.output.verdict,
        report=rules.write_report.output.report,
    output:
        passed="results/gate/passed.txt",
    log:
        "logs/gate/passed.log",
    retries: 0
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        code=fingerprint("scripts/gate.py"),
    message:
        "Applying the gates"
    script:
        "../scripts/gate.py"
