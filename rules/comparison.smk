"""From detections to differences and their summary."""


rule compare:
    """Match the detections of two arms image by image and measure their differences."""
    input:
        reference=PLAN.reference,
        candidate=PLAN.candidate,
    output:
        comparison="results/compare/{model}/{comparison}/{batch}.json",
    log:
        "logs/compare/{model}/{comparison}/{batch}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        matching=lookup("matching", within=config),
        code=fingerprint("scripts/compare.py"),
    message:
        "Comparing detections ({wildcards.comparison}, batch {wildcards.batch})"
    script:
        "../scripts/compare.py"


rule summarise:
    """Gather the numbers of a run and compare them with the tolerances."""
    input:
        exports=PLAN.descriptions,
        # An export that cannot be compared fails its inspection, which ends the run here.
        inspections=collect("results/inspect_export/{{model}}/{export}.json", export=PLAN.exports),
        detections=PLAN.all_detections,
        comparisons=PLAN.all_comparisons,
    output:
        results="results/summarise/{model}/comparison_results.json",
    log:
        "logs/summarise/{model}.log",
    conda:
        "../envs/analysis.yaml"
    params:
        comparisons=PLAN.comparisons_of,
        note=PLAN.note,
        listed=lookup("browse", within=config),
        code=fingerprint("scripts/summarise.py"),
    message:
        "Summarising the comparisons of {wildcards.model}"
    script:
        "../scripts/summarise.py"
