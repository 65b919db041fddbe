"""Transcribing checkpoints: what is kept, what is refused, and that nothing of them runs."""

import copy
import json
import pickletools
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from ultralytics.nn import modules, tasks
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils import IterableSimpleNamespace

from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.backends.pytorch.loading import load_model
from parity.backends.pytorch.transcription import transcription
from parity.backends.pytorch.transcription.architecture import checked_architecture
from parity.backends.pytorch.transcription.building import build, check_size
from parity.backends.pytorch.transcription.excerpt import write_excerpt
from parity.backends.pytorch.transcription.transcription import transcribe
from parity.backends.trust import VARIABLE
from parity.errors import UserError
from tests import hostile_checkpoints as hostile
from tests.conftest import ROOT
from tests.hostile_checkpoints import BOMBS, LEAST, TINY, save, tiny


def refused(path: Path) -> str:
    """Return the sentence that a checkpoint is refused with; nothing may be left of it."""
    out = path.with_name("out.pt")
    with pytest.raises(UserError) as caught:
        transcribe(path, out)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert sentence.isprintable()
    assert len(sentence) < 1_000
    assert not out.exists()
    return sentence


def taken(path: Path) -> DetectionModel:
    """Return the model that a job loads of a foreign checkpoint."""
    write_excerpt(path, path.with_name("excerpt.pt"))
    return load_model(path.with_name("excerpt.pt")).model.eval()


def settled(model: DetectionModel) -> DetectionModel:
    """Give a new model statistics as training leaves them."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    return model.eval()


def equal(one: nn.Module, other: nn.Module) -> bool:
    """Return whether two models make the same of an image, bit for bit."""
    image = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        return torch.equal(one(image)[0], other(image)[0])


ARCHITECTURES = ("yolov3-tiny", "yolov5n", "yolov6n", "yolov8n-ghost", "yolov9t", "yolov10n")
LARGEST = (
    *("yolov3-spp", "yolov5x", "yolov5x-p6", "yolov6x", "yolov8x", "yolov8x-p2", "yolov8x-p6"),
    *("yolov8x-ghost-p6", "yolov9e", "yolov10x", "yolo11x", "yolo12x", "yolo26x", "yolo26x-p2"),
    "yolo26x-p6",
)
NEWER = ("yolo11n", "yolo12n", "yolo26n")


@pytest.mark.parametrize("name", [*ARCHITECTURES, *NEWER])
def test_every_family_is_kept_bit_by_bit(tmp_path: Path, name: str) -> None:
    model = settled(DetectionModel(f"{name}.yaml", nc=3, verbose=False))
    half = copy.deepcopy(model).half()
    torch.save({"model": None, "ema": half, "epoch": -1}, tmp_path / "a.pt")
    expected = half.float()
    found = taken(tmp_path / "a.pt")
    assert equal(expected, found)
    fused = copy.deepcopy(expected).fuse(verbose=False)
    assert equal(fused, found.fuse(verbose=False))
    assert equal(fused, taken(save(fused, tmp_path / "fused.pt")))


def test_pooling_without_activation_is_kept(tmp_path: Path) -> None:
    model = settled(DetectionModel("yolov8n.yaml", nc=3, verbose=False))
    pooling = next(each for each in model.modules() if isinstance(each, modules.SPPF))
    activated = copy.deepcopy(model)
    pooling.cv1.act = nn.Identity()  # as Ultralytics 8.4.0 built it
    found = taken(save(model, tmp_path / "a.pt"))
    assert equal(model, found)
    assert not equal(activated, found)


def test_other_channels_are_refused(tmp_path: Path) -> None:
    grey = DetectionModel({**TINY, "channels": 1}, ch=1, verbose=False)
    grey.args, grey.names = {}, {0: "cat", 1: "dog"}
    assert "takes images with 1 instead of 3 channels" in refused(save(grey, tmp_path / "a.pt"))


@pytest.mark.nightly
@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_architectures_are_within_the_bounds(name: str) -> None:
    packaged = tasks.yaml_model_load(f"{name}.yaml")
    check_size(checked_architecture(packaged, "DetectionModel"))


@pytest.mark.parametrize("arguments", [[8, 177, 2], [8, 31, 2, 200]], ids=["kernel", "padding"])
def test_convolutions_for_which_torch_is_slow_are_refused(arguments: list[int]) -> None:
    architecture = {**TINY, "backbone": [[-1, 1, "Conv", arguments]]}
    architecture["head"] = [[[0], 1, "Detect", ["nc"]]]
    start = time.process_time()
    with pytest.raises(UserError, match="takes more memory or time for an image than any YOLO"):
        build("DetectionModel", checked_architecture(architecture, "DetectionModel"))
    assert time.process_time() - start < SECONDS


def test_statistics_of_other_constants_are_kept(tmp_path: Path) -> None:
    model = settled(tiny())
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps, module.momentum = 1e-5, 0.1
    found = taken(save(model, tmp_path / "a.pt"))
    assert equal(model, found)
    assert {m.eps for m in found.modules() if isinstance(m, nn.BatchNorm2d)} == {1e-5}


def test_an_activation_of_its_own_is_kept(tmp_path: Path) -> None:
    architecture = {**TINY, "activation": "torch.nn.LeakyReLU(0.1)"}
    model = settled(DetectionModel(architecture, verbose=False))
    assert equal(model, taken(save(model, tmp_path / "a.pt")))
    assert isinstance(modules.Conv.default_act, nn.SiLU)


@pytest.mark.parametrize("end2end", [True, False, None])
def test_the_head_that_is_used_is_kept(tmp_path: Path, end2end: bool | None) -> None:
    model = settled(DetectionModel({**TINY, "end2end": True, "reg_max": 1}, verbose=False))
    if end2end is not None:
        model.end2end = end2end
    found = taken(save(model, tmp_path / "a.pt"))
    assert found.end2end == model.end2end == bool(end2end)
    assert equal(model, found)
    fused = copy.deepcopy(model).fuse(verbose=False)
    found = taken(save(fused, tmp_path / "b.pt"))
    assert found.end2end == fused.end2end
    assert equal(fused, found)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_any_version_are_read(tmp_path: Path, protocol: int) -> None:
    torch.save({"model": tiny()}, tmp_path / "a.pt", pickle_protocol=protocol)
    assert taken(tmp_path / "a.pt").names == {0: "cat", 1: "dog"}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_numbers_of_any_precision_become_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    model = settled(tiny()).to(dtype)
    save(model, tmp_path / "a.pt")
    assert equal(model.float(), taken(tmp_path / "a.pt"))


def test_channels_last_are_read(tmp_path: Path) -> None:
    model = settled(tiny()).to(memory_format=torch.channels_last)
    assert equal(
        model.to(memory_format=torch.contiguous_format), taken(save(model, tmp_path / "a.pt"))
    )


def test_modules_under_their_old_names_are_read(tmp_path: Path) -> None:
    save(tiny(), tmp_path / "new.pt")

    def age(pickled: bytes) -> bytes:
        return re.sub(rb"c(ultralytics\.nn\.modules)\.\w+\n", rb"c\1\n", pickled)

    hostile.repickled(tmp_path / "new.pt", tmp_path / "old.pt", age)
    assert b"cultralytics.nn.modules\nC2f\n" in hostile.pickled_of(tmp_path / "old.pt")
    assert taken(tmp_path / "old.pt").names == {0: "cat", 1: "dog"}


def test_arguments_in_a_namespace_are_read(tmp_path: Path) -> None:
    arguments = IterableSimpleNamespace(imgsz=96, task="detect", data="x.yaml")
    found = taken(save(tiny(args=arguments), tmp_path / "a.pt"))
    assert found.args["imgsz"] == 96


def test_an_archive_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    content = bytearray(save(tiny(), tmp_path / "a.pt").read_bytes())
    content[content.rindex(b"PK\x01\x02") + 6] = 71  # version needed to extract: 7.1
    (tmp_path / "a.pt").write_bytes(content)
    assert "not a checkpoint that torch.save wrote" in refused(tmp_path / "a.pt")


@pytest.mark.parametrize("key", ["", "model", "state_dict"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_weights_alone_are_called_so(tmp_path: Path, key: str, prefix: str) -> None:
    weights = {f"{prefix}{name}": tensor for name, tensor in tiny().state_dict().items()}
    torch.save({key: weights} if key else weights, tmp_path / "a.pt")
    assert "holds weights without their network (a state dict)" in refused(tmp_path / "a.pt")


def test_a_list_of_names_is_read(tmp_path: Path) -> None:
    assert taken(save(tiny(names=["a", "b"]), tmp_path / "a.pt")).names == {0: "a", 1: "b"}


def pruned(model: DetectionModel) -> None:
    conv = model.model[0].conv
    conv.weight = nn.Parameter(conv.weight[:6].clone())


def of_whole_numbers(model: DetectionModel) -> None:
    conv = model.model[0].conv
    conv.weight = nn.Parameter(conv.weight.to(torch.int32), requires_grad=False)


def other_activation(model: DetectionModel) -> None:
    model.model[0].act = nn.ReLU()


def no_shortcut(model: DetectionModel) -> None:
    model.model[2].m[0].add = False


def other_strides(model: DetectionModel) -> None:
    model.stride = model.model[-1].stride = torch.tensor([8.0, 16.0, 32.0])


STRANGE: list[tuple[Callable[[DetectionModel], Any], str]] = [
    (
        pruned,
        "is pruned or modified: model.0.conv.weight has the shape (6, 3, 3, 3) where its YAML",
    ),
    (of_whole_numbers, "model.0.conv.weight is int32 where its YAML gives float32"),
    (
        other_activation,
        "model.0.act is a torch.nn.modules.activation.ReLU where its YAML gives a SiLU",
    ),
    (no_shortcut, "add of model.2.m.0 is False where its YAML gives True"),
    (other_strides, "its strides are [8.0, 16.0, 32.0] where its YAML gives [2.0, 4.0, 4.0]"),
    (lambda m: vars(m).update(stride="32"), "holds a text where a tensor belongs"),
    (lambda m: vars(m).update(names=[]), "does not name its classes"),
    (lambda m: vars(m).update(names="ab"), "does not name its classes"),
    (lambda m: vars(m).update(names=["a"]), "names 1 classes, but its head has 2"),
    (lambda m: vars(m).update(names={1: "a", 2: "b"}), "does not number its classes from 0 to 1"),
    (
        lambda m: vars(m).update(names={0: "a", 1: None}),
        "names a class with nothing instead of a text",
    ),
    (lambda m: vars(m).update(args={"task": "segment"}), "says that its task is 'segment'"),
    (lambda m: vars(m).update(args={"task": ["x"]}), "says that its task is a list"),
    (lambda m: vars(m).update(save=[0]), "it keeps the outputs of other layers"),
    (lambda m: vars(m).update(yaml=None), "does not say its architecture"),
    (lambda m: vars(m).update(yaml="yolo11n.yaml"), "does not say its architecture"),
    (lambda m: m.yaml.update(backbone=[]), "has an architecture without layers"),
    (lambda m: m.yaml.update(nc=0), "nc is not what it may be"),
    (lambda m: m.yaml.update(nc=3), "names 2 classes, but its head has 3"),
    (lambda m: m.yaml.update(backbone="x"), "backbone is not what it may be"),
    (lambda m: m.yaml["backbone"].append([-1, 1, "MyBlock", []]), "has the layer MyBlock"),
    (
        lambda m: m.yaml["backbone"].append([-1, 1, "torchvision.ops.x", []]),
        "has the layer torchvision",
    ),
    (lambda m: m.yaml["backbone"].append([-1, 1, "nn.Module", []]), "has the layer nn.Module"),
    (lambda m: m.yaml["backbone"].append([-1, 1, "eval", []]), "has the layer eval"),
    (lambda m: m.yaml["backbone"].append([-1, 1, "Conv", ["d"]]), "layer 3 of its backbone is not"),
    (lambda m: m.yaml["backbone"].append([-1, 1, "Conv", []]), "cannot be built"),
    (lambda m: m.yaml["backbone"].append([99, 1, "Conv", [8]]), "cannot be built"),
    (lambda m: m.yaml.update(head=[[[0], 1, "Segment", ["nc"]]]), "that ends in Segment"),
    (lambda m: m.yaml.update(activation="os.system('x')"), "activation is not what it may be"),
    (lambda m: m.yaml.update(scales={"n": 1}), "scales is not what it may be"),
    (lambda m: m.yaml.update(scale="../x"), "scale is not what it may be"),
    (lambda m: m.model.pop(3) and None, "it lacks model.3"),
    (lambda m: setattr(m, "model", nn.Sequential()), "it lacks model.0"),
    (lambda m: m.model.append(nn.Identity()), "as model.4, which is not in its YAML"),
    (lambda m: m.register_buffer("more", torch.zeros(1)), "it has more, which is not in its YAML"),
]


@pytest.mark.parametrize(("change", "said"), STRANGE, ids=[row[1][:40] for row in STRANGE])
def test_what_the_architecture_does_not_give_is_named(
    tmp_path: Path, change: Callable[[DetectionModel], Any], said: str
) -> None:
    model = tiny()
    model.yaml = copy.deepcopy(model.yaml)
    change(model)
    assert said in refused(save(model, tmp_path / "a.pt"))


@pytest.mark.parametrize("change", [pruned, of_whole_numbers])
def test_what_a_job_refuses_is_named_by_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[DetectionModel], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    model = tiny()
    change(model)
    excerpt = Path("results/checkpoint/mine.pt")
    write_excerpt(save(model, tmp_path / "a.pt"), excerpt)
    with pytest.raises(UserError, match=r"^models\.mine\.weights (is pruned|was made by)"):
        load_model(excerpt)


def test_a_pruned_model_is_taken_as_it_is_with_trust(tmp_path: Path) -> None:
    model = settled(tiny())
    pruned(model)
    save(model, tmp_path / "a.pt")
    obtain_checkpoint(str(tmp_path / "a.pt"), tmp_path / "out.pt", trust=True)
    assert (tmp_path / "out.pt").read_bytes() == (tmp_path / "a.pt").read_bytes()


def test_an_excerpt_holds_the_numbers_of_the_model_alone(tmp_path: Path) -> None:
    model = settled(tiny())
    whole = save(model, tmp_path / "a.pt", optimizer={"state": torch.ones(100_000)})
    for name in ("b.pt", "c.pt"):
        facts = write_excerpt(whole, tmp_path / name)
    assert (facts.names, facts.stride, facts.trained) == (model.names, max(model.stride), (64, 64))
    assert (tmp_path / "b.pt").read_bytes() == (tmp_path / "c.pt").read_bytes()
    assert (tmp_path / "b.pt").stat().st_size < whole.stat().st_size - 400_000
    assert equal(model, load_model(tmp_path / "b.pt").model.eval())


def test_trust_changes_nothing_where_the_weights_are_an_export(
    yolo11n_onnx: Path, yolo11n_pt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    obtain_checkpoint(str(yolo11n_onnx), tmp_path / "own.pt", trust=True)
    expected, found = (load_model(path).model.eval() for path in (yolo11n_pt, tmp_path / "own.pt"))
    assert equal(expected, found)


def test_an_excerpt_is_written_without_torch(yolo11n_pt: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from parity.backends.pytorch.checkpoint import obtain_checkpoint\n"
        f"obtain_checkpoint({str(yolo11n_pt)!r}, {str(tmp_path / 'a.pt')!r}, trust=False)\n"
        "assert 'torch' not in sys.modules, 'its import takes two seconds'\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300)


def test_the_file_that_is_read_is_the_one_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tiny(names=["right", "one"]), tmp_path / "mod'el.pt")
    save(tiny(names=["wrong", "one"]), tmp_path / "model.pt")
    for trust in (False, True):
        obtain_checkpoint(str(tmp_path / "mod'el.pt"), tmp_path / "out.pt", trust=trust)
        monkeypatch.setenv(VARIABLE, str(int(trust)))
        assert load_model(tmp_path / "out.pt").names[0] == "right"


def test_a_deferred_payload_would_run_if_it_were_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "ran"
    save(hostile.deferred(marker), tmp_path / "a.pt")
    monkeypatch.setattr(tasks, "SAFE_LOAD", False)
    model = torch.load(tmp_path / "a.pt", weights_only=False)["model"]
    assert not marker.exists()
    with suppress(Exception):
        model(torch.zeros(1, 3, 64, 64))
    assert marker.exists()


@pytest.mark.parametrize("safe", [True, False])
def test_a_deferred_payload_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, safe: bool
) -> None:
    marker = tmp_path / "ran"
    save(hostile.deferred(marker), tmp_path / "a.pt")
    monkeypatch.setattr(tasks, "SAFE_LOAD", safe)
    assert "modified Ultralytics" in refused(tmp_path / "a.pt")
    assert not marker.exists()


@pytest.mark.parametrize("safe", [True, False])
def test_shadowed_methods_of_a_right_model_are_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, safe: bool
) -> None:
    marker = tmp_path / "ran"
    plain = settled(tiny())
    model = copy.deepcopy(plain)  # all models share one activation
    for module in model.modules():
        for name in set(hostile.SHADOWED) - {"act", "bn"}:
            vars(module)[name] = hostile.Deferred(hostile.evil_architecture(marker))
    monkeypatch.setattr(tasks, "SAFE_LOAD", safe)
    save(model, tmp_path / "a.pt")
    assert equal(plain, taken(tmp_path / "a.pt"))
    assert not marker.exists()


@pytest.mark.parametrize("layer", range(4))
def test_hostile_attributes_of_no_class_are_read(tmp_path: Path, layer: int) -> None:
    marker = tmp_path / "ran"
    model = tiny()
    things = [hostile.hostile_object(cls, marker) for cls in hostile.buildable()]
    model.model[layer] = nn.Sequential(*things)
    assert "modified Ultralytics" in refused(save(model, tmp_path / "a.pt"))
    assert not marker.exists()


@pytest.mark.parametrize("safe", [True, False])
def test_no_activation_is_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, safe: bool
) -> None:
    marker = tmp_path / "ran"
    monkeypatch.setattr(tasks, "SAFE_LOAD", safe)
    for activation in (hostile.evaluated(marker), "nn.SiLU()or 1", "torch.nn.SiLU(0)(1)", "nn.X()"):
        save(tiny(yaml={**TINY, "activation": activation}), tmp_path / "a.pt")
        assert "activation is not what it may be" in refused(tmp_path / "a.pt")
    assert not marker.exists()


BOUNDED = """
import json, sys, time
from pathlib import Path
from parity.backends.pytorch.transcription.transcription import transcribe
from parity.errors import UserError
for path in map(Path, sys.argv[1:]):
    Path("/proc/self/clear_refs").write_text("5")  # forgets the largest memory so far
    started, said = time.process_time(), ""
    try:
        transcribe(path, path.with_suffix(".out"))
    except UserError as error:
        said = str(error)
    seconds = time.process_time() - started
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").open())
    print(json.dumps([said, seconds, int(status["VmHWM"].split()[0])]), flush=True)
"""
SECONDS, KIBIBYTES = 5, 2 * 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux does")
def test_no_file_takes_long_or_much_memory(tmp_path: Path) -> None:
    paths = [make(tmp_path / f"{number}.pt") for number, make in enumerate(BOMBS.values())]
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, *paths],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    outcomes = dict(zip(BOMBS, map(json.loads, done.stdout.splitlines()), strict=True))
    for bomb, path in zip(BOMBS, paths, strict=True):
        said, seconds, memory = outcomes[bomb]
        assert said.startswith(str(path)), bomb
        assert seconds < SECONDS, bomb
        assert memory < KIBIBYTES, bomb


INTERESTING = [b"", b"\x80", b"\xff\xff\xff\xff", b"R", b"b", b"\x81", b"(", b".", b"cos\nsystem\n"]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return bytes with a few places changed, cut out or repeated."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0:
                changed[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[place : place + chance.randint(1, 40)]
            case 2:
                changed[place:place] = chance.choice(INTERESTING)
            case 3:
                start = chance.randrange(len(changed) + 1)
                changed[place:place] = changed[start : start + chance.randint(1, 60)]
            case 4:
                changed[place : place + 4] = chance.randbytes(4)
    return bytes(changed)


def opcodes(pickled: bytes) -> list[bytes]:
    """Return a pickle cut into its opcodes with their arguments."""
    places = [place or 0 for *_, place in pickletools.genops(pickled)] + [len(pickled)]
    return [pickled[start:end] for start, end in pairwise(places)]


VALUES = [
    b"N",
    b"\x88",
    b"K\x00",
    b"J\xff\xff\xff\xff",
    b"]",
    b")",
    b"}",
    b"X\x01\x00\x00\x00x",
    b"0",
    b"2",
    b"h\x01",
    b"\x8f",
    b"C\x02\xff\x00",
    b"\x8a\x10" + b"\x7f" * 16,
    b"G\x7f\xf8\x00\x00\x00\x00\x00\x00",
    b"G\x7f\xf0\x00\x00\x00\x00\x00\x00",
    b"K\x01K\x02\x86",
    b"cos\nsystem\n",
    b"ccollections\nOrderedDict\n)R",
    b"(X\x07\x00\x00\x00storageNX\x01\x00\x00\x000NK\x01tQ",
]
"""Opcodes of values, and of some that take or leave one."""


def rearranged(pieces: list[bytes], chance: random.Random) -> bytes:
    """Return a pickle with a few opcodes replaced, exchanged or left out."""
    changed = list(pieces)
    for _ in range(chance.randint(1, 3)):
        one, other = chance.randrange(2, len(changed) - 1), chance.randrange(2, len(changed) - 1)
        match chance.randrange(4):
            case 0:
                changed[one] = chance.choice(VALUES)
            case 1:
                changed[one], changed[other] = changed[other], changed[one]
            case 2:
                del changed[one]
            case 3:
                changed[one] = changed[other]
    return b"".join(changed)


def without_hooks(model: DetectionModel) -> DetectionModel:
    """Return a model whose pickle is shorter still: without the empty tables of hooks."""
    model = copy.deepcopy(model)  # all models share one activation
    for module in model.modules():
        for name in [name for name in vars(module) if "hooks" in name]:
            del vars(module)[name]
    return model


def peak() -> int:
    """Return the most memory that this process has taken, KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def fuzz(folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int, count: int) -> None:
    """Transcribe mutations of a checkpoint; each architecture is built once."""
    before = peak()
    whole = save(without_hooks(tiny(LEAST)), folder / "whole.pt")
    pickled, content = hostile.pickled_of(whole), whole.read_bytes()
    chance, pieces = random.Random(seed), opcodes(pickled)  # noqa: S311
    built: dict[str, DetectionModel] = {}

    def build_once(model_class: str, architecture: dict[str, Any]) -> Any:
        key = repr(architecture)
        if key not in built:
            built[key] = build(model_class, architecture)
        return copy.deepcopy(built[key])

    monkeypatch.setattr(transcription, "build", build_once)
    path = folder / "mutated.pt"
    repickler = hostile.Repickler(whole, path)
    kept, excerpt = 0, folder / "excerpt.pt"
    for _ in range(count):
        match chance.randrange(4):
            case 0:
                path.write_bytes(mutated(content, chance))
            case 1:
                repickler.write(mutated(pickled, chance))
            case _:
                repickler.write(rearranged(pieces, chance))
        start = time.process_time()
        with suppress(UserError):
            write_excerpt(path, excerpt)
            transcription.transcribed(excerpt)
            kept += 1
        assert time.process_time() - start < SECONDS
    assert 0 < kept < count
    assert peak() - before < KIBIBYTES, "beyond what earlier tests of this process took"


def test_no_mutation_makes_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fuzz(tmp_path, monkeypatch, seed=0, count=500)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1, 101))
def test_no_mutation_of_a_million_makes_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    fuzz(tmp_path, monkeypatch, seed=seed, count=10_000)
