"""A cluster on this machine, runs that can be disturbed, and the faults that disturb them."""
# ruff: noqa: S607

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock

HERE = Path(__file__).resolve().parent
NODES = 3
"""Nodes that all tests share."""
SPARE = 2
"""Nodes that are there to be taken down."""

PATIENCE_S = 300
"""How long a fault may take to come: a dozen runs go on at once, on two processors."""


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.1)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of four megabytes for a while."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk that can be filled is a tmpfs, which only root can mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@dataclass(frozen=True)
class Cluster:
    """A SLURM whose nodes are namespaces of this machine; processes of tests share it."""

    folder: Path
    """Where it keeps everything."""
    disk: Path
    """A disk of a few megabytes that all nodes see."""

    @property
    def env(self) -> dict[str, str]:
        """Return what its commands need in their environment."""
        return {"SLURM_CONF": f"{self.folder}/etc/slurm.conf", "SLURM_TEST_DIR": str(self.folder)}

    def command(self, *words: str) -> str:
        """Run one of its commands and return what it says."""
        done = subprocess.run(
            words, env=os.environ | self.env, capture_output=True, text=True, check=True
        )
        return done.stdout

    @contextmanager
    def used(self, shared: Path) -> Iterator[None]:
        """Start it unless another process has, and stop it unless another process goes on.

        All nodes see the shared folder; their own /tmp hides everything else that is in /tmp.
        """
        self.folder.mkdir(exist_ok=True)
        users = self.folder / "users"
        users.mkdir(exist_ok=True)
        mine = users / str(os.getpid())
        with FileLock(self.folder / "lock"):
            if not any(users.iterdir()):
                self.start(shared)
            mine.touch()
        try:
            yield
        finally:
            with FileLock(self.folder / "lock"):
                mine.unlink()
                if not any(Path("/proc", user.name).exists() for user in users.iterdir()):
                    self.stop()

    def start(self, shared: Path) -> None:
        """Start it."""
        seen = [str(shared), str(HERE.parents[1]), sys.prefix, sys.base_prefix]
        settings = {
            "SLURM_TEST_NODES": str(NODES),
            "SLURM_TEST_SPARE": str(SPARE),
            "SLURM_TEST_CPUS": "8",
            "SLURM_TEST_MEM": "16000",
            "SLURM_TEST_DISK": str(self.disk),
            "SLURM_TEST_SHARED": " ".join(seen),
        }
        subprocess.run(
            ["bash", str(HERE / "start.sh")],
            env=os.environ | self.env | settings,
            check=True,
        )

    def stop(self) -> None:
        """Stop what was started, by its process ids."""
        subprocess.run(["bash", str(HERE / "stop.sh")], env=os.environ | self.env, check=True)

    def jobs(self, project: Path, state: str = "", node: str = "") -> list[str]:
        """Return the ids of a project's jobs in the queue, in a state and on a node if given."""
        states = ["--states", state] if state else []
        nodes = ["--nodelist", node] if node else []
        rows = self.command("squeue", "--noheader", "--format", "%A|%Z", *states, *nodes)
        found = (row.split("|") for row in rows.splitlines())
        return [job for job, folder in found if Path(folder) == project]

    def records(self, project: Path) -> list[dict[str, str]]:
        """Return SLURM's own record of the jobs that a project had."""
        fields = "JobID,JobName,State,NodeList,Comment,WorkDir"
        text = self.command("sacct", "-a", "-X", "-D", "-P", "-S", "now-1day", "--format", fields)
        head, *rows = [line.split("|") for line in text.splitlines()]
        found = [dict(zip(head, row, strict=True)) for row in rows]
        return [record for record in found if Path(record["WorkDir"]) == project]

    def kill_node(self, node: str) -> None:
        """Take the power of a node away."""
        self.command("bash", str(self.folder / "node.sh"), "kill", node.removeprefix("node"))

    def boot_node(self, node: str) -> None:
        """Start a node again and wait until it takes jobs."""
        self.command("bash", str(self.folder / "node.sh"), "start", node.removeprefix("node"))
        states = ("sinfo", "--noheader", "--nodes", node, "--format", "%t")
        wait_for(lambda: self.command(*states).strip() in {"idle", "mix", "alloc"}, f"{node} up")


@dataclass(frozen=True)
class Executor:
    """A way to run jobs."""

    name: str
    """``local`` or ``slurm``."""
    command: tuple[str, ...]
    """Snakemake and what it is given."""
    cluster: Cluster | None = None
    """Where the jobs run, if not here."""
    python: str = sys.executable
    """What executes Snakemake."""


LOCAL = Executor("local", ("-m", "snakemake", "--cores", "1"))


def inject_faults(root: Path) -> None:
    """Make a copy of the project take orders for faults."""
    shutil.copy(HERE / "faults.py", root / "parity" / "faults_on_order.py")
    with (root / "parity" / "__init__.py").open("a") as stream:
        stream.write("\nimport parity.faults_on_order\n")


def slurm(cluster: Cluster, partition: str = "main") -> Executor:
    """Return the executor that submits to a cluster through the project's profile."""
    command = (
        *(str(HERE / "attentive.py"), "--profile", "profiles/slurm", "--latency-wait", "20"),
        *("--default-resources", f"slurm_partition={partition}", "slurm_account=lab"),
        *("mem_mb=800*attempt", "runtime=10*attempt"),
        *("--slurm-init-seconds-before-status-checks", "2"),
    )
    return Executor("slurm", command, cluster)


@dataclass(frozen=True)
class Run:
    """A run of Snakemake that is going on."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def text(self) -> str:
        """Return what it has said so far."""
        return self.output.read_text(errors="replace")

    def wait(self, seconds: float = 1000) -> int:
        """Wait for its end and return its exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGINT)
            raise AssertionError(f"the run does not end:\n{self.text[-3000:]}") from None


@dataclass(frozen=True)
class Fault:
    """An order for one job to be disturbed, see faults.py."""

    folder: Path
    name: str

    def fired(self, seconds: float = PATIENCE_S) -> tuple[int, str]:
        """Wait until a job took the order; return its process and host."""
        path = self.folder / f"{self.name}.fired"
        wait_for(path.exists, f"fault {self.name}", seconds)
        process, host = path.read_text().split()
        return int(process), host

    def release(self) -> None:
        """Let the job go on."""
        (self.folder / f"{self.name}.released").touch()


@dataclass(frozen=True)
class Project:
    """A copy of the project that is run and disturbed."""

    root: Path
    home: Path
    faults: Path
    """Its folder, what stands for the user's home, and where orders for faults are."""
    targets: tuple[str, ...]
    """What is asked for."""
    executor: Executor
    """How."""
    config: str = "changes.yaml"
    """A configuration laid over ``config.yaml``."""
    runs: list[Run] = field(default_factory=list)

    def arm(self, order: str, part: str) -> Fault:
        """Order a fault for the first job that comes to a file whose path has a part."""
        name = f"fault{len(list(self.faults.iterdir()))}"
        (self.faults / f"{name}.armed").write_text(f"{order} {part}")
        return Fault(self.faults, name)

    def start(self, *arguments: str) -> Run:
        """Start a run."""
        output = self.faults.parent / f"output{len(self.runs)}"
        cluster = self.executor.cluster.env if self.executor.cluster else {}
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SNAKEMAKE"))}
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [
                    *(self.executor.python, *self.executor.command, *arguments, *self.targets),
                    *("--configfile", "config.yaml", self.config),
                ],
                cwd=self.root,
                env=clean | cluster | {"HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        run = Run(process, output)
        self.runs.append(run)
        return run

    def run(self, *arguments: str) -> Run:
        """Run to the end."""
        run = self.start(*arguments)
        run.wait()
        return run

    def rerun(self) -> None:
        """Run once more, plainly; that must do."""
        run = self.run()
        assert run.process.returncode == 0, run.text[-3000:]

    def digests(self) -> dict[str, str]:
        """Return the digest of every result by its path."""
        return digests(self.root / "results")

    def copy(self, folder: Path, executor: Executor) -> "Project":
        """Copy it with its results into a new folder, to be run in another way."""
        shutil.copytree(self.root, folder / "project", symlinks=True)
        (folder / "faults").mkdir()
        project = Project(
            folder / "project", self.home, folder / "faults", self.targets, executor, self.config
        )
        return project


def digests(results: Path) -> dict[str, str]:
    """Return the digest of every result by its path, without what begins with a dot."""
    found = {}
    for folder, _, names in os.walk(results, followlinks=True):
        for path in (Path(folder, name) for name in names):
            if not path.name.startswith(".") and path.suffix != ".damaged":
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[path.relative_to(results).as_posix()] = digest
    return found


TIMED = ("latency",)
"""Results that hold timings."""


def lasting(found: dict[str, str]) -> dict[str, str]:
    """Return the digests of what holds no timing."""
    return {
        path: digest for path, digest in found.items() if not any(word in path for word in TIMED)
    }
