"""The rules of the house: where things stand, what imports what, and that the pins agree."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from parity.provenance import REGISTERS, imported_names, local_imports
from tests.conftest import ROOT, project_files

LAYERS = (
    "detection",
    "tasks",
    "postprocessing",
    "data",
    "labels",
    "deployment",
    "model_files",
    "backends",
    "comparison",
    "accuracy",
    "layers",
    "record",
    "external",
    "diagnosis",
    "benchmarking",
    "planning",
    "reporting",
    "diagnose",
)
"""Folders of the library from the lowest up; a folder imports from lower ones only, and everything
from the modules that stand in no folder."""

RESULTS_OF = {"load_checkpoint": "checkpoint", "write_report": "report"}
"""Folders of results that users have in their scripts; every other is named after its rule."""


SHARED_NAMES = {
    "blocks_of": "the blocks of a section, called by its prepare",
    "describe_run": "what is stored with the candidates of a backend's network",
    "detect": "detections of one image's candidates, by Ultralytics and by NumPy, which must agree",
    "environment": "the Jinja environment of a kind of report",
    "load_session": "what a runtime registers",
    "main": "the entry point of a module that is run",
    "parse": "the command line of a module that is run",
    "prepare": "what a section of the report registers",
    "read": "what a format of external boxes registers",
    "recognises": "what a format of external boxes registers",
    "watch": "wraps the functions of a library that a recorded program imports",
}
"""Public functions and classes that several modules define, each with the contract they share."""

SECTION = r"^    {name}:\n((?:^        .*\n|^\n)*)"


def sources(*folders: str) -> list[Path]:
    """Return the Python files below some folders of the project, relative to it."""
    return [p for p in project_files() if p.suffix == ".py" and p.parts[0] in folders]


@cache
def imported(path: Path) -> set[str]:
    """Return the full names of what a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def layer(module: str) -> int:
    """Return how high a module of the library stands."""
    folder = module.split(".")[1] if "." in module else ""
    return LAYERS.index(folder) + 1 if (ROOT / "parity" / folder).is_dir() and folder else 0


def pins(lines: list[str]) -> dict[str, str]:
    """Return the version by package that lines of requirements pin."""
    found = {}
    for line in lines:
        requirement = line.split("#")[0].strip()
        if requirement and not requirement.startswith("-r "):
            package, version = requirement.split("==")
            found[re.sub(r"\[.*\]", "", package)] = version
    return found


def requirements() -> dict[str, str]:
    return pins((ROOT / "requirements.txt").read_text().splitlines())


def environment(path: Path) -> dict[str, str]:
    """Return the version by package that a conda file has pip install."""
    dependencies = yaml.safe_load((ROOT / path).read_text())["dependencies"]
    return pins(next(entry["pip"] for entry in dependencies if isinstance(entry, dict)))


def rules() -> dict[str, str]:
    """Return the text of every rule by name, but for those that only gather targets."""
    found = {}
    for path in project_files():
        if path.name == "Snakefile" or path.suffix == ".smk":
            blocks = re.split(r"^(?=\S)", (ROOT / path).read_text(), flags=re.MULTILINE)
            for block in blocks:
                if match := re.match(r"(?:rule|checkpoint) (\w+):\n", block):
                    found[match[1]] = block
    return {name: text for name, text in found.items() if "\n    script:\n" in text}


def section(rule: str, name: str) -> str:
    """Return what stands under a keyword of a rule."""
    match = re.search(SECTION.format(name=name), rule, re.MULTILINE)
    return match[1] if match else ""


RULES = rules()
BROUGHT_BY = packages_distributions()
ENVIRONMENTS = [p for p in project_files() if p.parts[0] == "envs" and p.suffix == ".yaml"]


def test_the_library_imports_downwards() -> None:
    for path in sources("parity"):
        own = ".".join(path.with_suffix("").parts)
        for name in imported(path):
            assert name.split(".")[0] not in {"scripts", "snakemake", "tests"}, path
            if name.split(".")[0] == "parity" and name.split(".")[:2] != own.split(".")[:2]:
                assert layer(name) < max(layer(own), 1), f"{own} imports {name}"


def test_nothing_imports_a_script() -> None:
    scripts = {script.stem for script in sources("scripts")} | {"scripts"}
    for path in sources("scripts"):
        assert not {name.split(".")[0] for name in imported(path)} & scripts, path


def test_each_runtime_is_imported_in_its_backend_only() -> None:
    for path in sources("parity"):
        packages = {name.split(".")[0] for name in imported(path)}
        if path.parts[:3] != ("parity", "backends", "pytorch"):
            assert not packages & {"torch", "torchvision", "ultralytics"}, path
        if path.parts[1] not in {"backends", "layers", "model_files"}:
            assert not packages & {"onnx", "onnxruntime", "onnxslim"}, path


@pytest.mark.parametrize("path", [p for p in sources("parity") if p.stem == "__init__"], ids=str)
def test_a_package_is_a_docstring_or_a_registry(path: Path) -> None:
    if path.parent in {Path("parity"), Path("parity/backends/pytorch")}:
        pytest.skip("it sets up Python, or Ultralytics, before anything else is imported")
    module = ast.parse((ROOT / path).read_text())
    assert ast.get_docstring(module)
    if REGISTERS not in imported_names((ROOT / path).read_text()):
        assert len(module.body) == 1
        return
    bodies = ["from parity.registry import import_modules", "import_modules(__name__, __path__)"]
    assert [ast.unparse(statement) for statement in module.body[1:]] == bodies


def test_a_public_name_means_one_thing() -> None:
    modules: dict[str, list[Path]] = {}
    for path in sources("parity"):
        for node in ast.parse((ROOT / path).read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                modules.setdefault(node.name, []).append(path)
    shared = {name: paths for name, paths in modules.items() if len(paths) > 1}
    assert {name: paths for name, paths in shared.items() if name not in SHARED_NAMES} == {}
    assert SHARED_NAMES.keys() <= shared.keys(), "each exception is needed"


@pytest.mark.parametrize("rule", RULES)
def test_one_word_finds_everything(rule: str) -> None:
    text = RULES[rule]
    assert re.search(rf'^        "(\.\./)?scripts/{rule}\.py"$', section(text, "script"), re.M)
    assert (ROOT / "scripts" / f"{rule}.py").is_file()
    outputs = re.findall(r'"((?:results|benchmarks)/[^"]*)"', section(text, "output"))
    assert outputs
    assert all(path.split("/")[1] == RESULTS_OF.get(rule, rule) for path in outputs)
    logs = re.findall(r'"([^"]*)"', section(text, "log"))
    assert len(logs) == 1
    assert logs[0].startswith(f"logs/{rule}/")
    benchmarks = re.findall(r'"([^"]*)"', section(text, "benchmark"))
    assert all(path.startswith(f"benchmarks/{rule}/") for path in benchmarks)
    assert re.search(rf'fingerprint\(\s*"scripts/{rule}\.py"', section(text, "params"))
    assert section(text, "message")
    assert re.match(r'\w+ \w+:\n    """', text)


def test_every_script_has_its_rule() -> None:
    assert {path.stem for path in sources("scripts")} == set(RULES)


def test_requirements_are_exact() -> None:
    for name in ("requirements.txt", "requirements-test.txt", "requirements-models.txt"):
        for version in pins((ROOT / name).read_text().splitlines()).values():
            assert re.fullmatch(r"[\w.]+", version)


def test_installation_names_no_address() -> None:
    names = {"Makefile", "requirements.txt", "requirements-test.txt", "pyproject.toml"}
    for path in project_files():
        hosted = path.parts[:2] == (".github", "workflows")
        if str(path) in names or path.parts[0] in {".ci", "envs"} or hosted:
            text = (ROOT / path).read_text().replace("#!/", "")
            assert not re.search(r"://|--(extra-)?index-url|--find-links", text), path


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=str)
def test_environments_have_the_pins_of_the_requirements(path: Path) -> None:
    expected = requirements()
    for package, version in environment(path).items():
        assert (package, version) == (package, expected.get(package))
    assert yaml.safe_load((ROOT / path).read_text())["channels"] == ["conda-forge", "nodefaults"]


def test_the_onnx_environment_cannot_cheat() -> None:
    assert not {"torch", "torchvision", "ultralytics"} & set(environment(Path("envs/onnx.yaml")))


@pytest.mark.parametrize("rule", RULES)
def test_the_environment_of_a_rule_has_what_its_script_imports(rule: str) -> None:
    named = re.search(r'"(?:\.\./)?(envs/\w+\.yaml)"', section(RULES[rule], "conda"))
    assert named, "a rule names its environment"
    seen: set[Path] = set()
    queue = {ROOT / "scripts" / f"{rule}.py"}
    while queue:
        path = queue.pop()
        seen.add(path)
        queue |= local_imports(path) - seen
    packages = {name.split(".")[0] for path in seen for name in imported(path.relative_to(ROOT))}
    foreign = packages - sys.stdlib_module_names - {"parity", "snakemake"}
    installed = environment(Path(named[1]))
    assert {
        package
        for package in foreign
        if not any(name.lower() in installed for name in BROUGHT_BY.get(package, []))
    } == set()


DANGEROUS = re.compile(
    r"\b(pickle|cPickle|marshal|joblib|dill|cloudpickle)\.loads?\(|allow_pickle=True|\btorch\.load\(|"
    r"\bnumpy\.load\(|\bpandas\.read_pickle\(|\byaml\.(unsafe_|full_)load|weights_only=False|"
    r"register_custom_ops_library|add_extension\(|(?<![\w.])(?:eval|exec)\(|shell=True|os\.system\("
)
"""What loads code or evaluates text, or can be told to."""
ALLOWED = {
    "parity/backends/pytorch/trusted_checkpoint.py": "torch_safe_load(path, safe_only=False)",
    "parity/backends/pytorch/loading.py": "YOLO(private)",
    "parity/backends/pytorch/predicting.py": "YOLO(path, task=task)",
}
"""What is loaded as it is: a checkpoint that is trusted, one of our own, and an ONNX file."""


@pytest.mark.parametrize("path", sources("parity", "scripts"), ids=str)
def test_nothing_loads_code_or_evaluates_text(path: Path) -> None:
    text = (ROOT / path).read_text()
    if "fixes" not in path.parts:  # whose lines are shown and never run
        assert not DANGEROUS.findall(text)
    loading = re.findall(r"\b(?:torch_safe_load|YOLO|attempt_load\w*)\([^)\n]*\)", text)
    allowed = ALLOWED.get(path.as_posix())
    assert {*loading} <= {allowed}, "a foreign checkpoint is transcribed, never loaded"
