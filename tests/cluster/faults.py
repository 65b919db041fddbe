"""Faults on order, for a copy of the project: ``parity/__init__.py`` of the copy imports this.

A file ``<name>.armed`` in the folder ``faults`` beside the copy holds a word for what is done and a
part of a path. The first job that is about to give a file of such a path its final name (or to read
a list of such a path) takes the order, writes its process and host to ``<name>.fired`` and does it:

hold    waits until somebody writes ``<name>.released``
hoard   takes memory until somebody ends it, as SLURM does
cap     allows itself no more memory and then asks for some
"""

import os
import pathlib
import resource
import socket
import sys
import time

MEGABYTE = 1 << 20
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "faults"


def hoard(megabytes):
    taken = []
    for _ in range(megabytes):
        taken.append(b"x" * MEGABYTE)
        time.sleep(0.001)
    time.sleep(60)


def cap():
    with pathlib.Path("/proc/self/statm").open() as stream:
        pages = int(stream.read().split()[0])
    most = pages * resource.getpagesize() + 64 * MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    bytearray(256 * MEGABYTE)


def fire(path):
    if "/.snakemake/scripts/" not in sys.argv[0]:
        return
    for armed in sorted(FOLDER.glob("*.armed")):
        try:
            order, part = armed.open().read().split()
            if part not in str(path):
                continue
            taken = armed.with_suffix(".taken")
            armed.rename(taken)
        except OSError:
            continue
        with taken.open("w") as stream:
            stream.write(f"{os.getpid()} {socket.gethostname()}")
        taken.rename(armed.with_suffix(".fired"))
        if order == "hold":
            while not armed.with_suffix(".released").exists():
                time.sleep(0.05)
        elif order == "hoard":
            hoard(4000)
        elif order == "cap":
            cap()


def faulty_replace(self, target):
    fire(target)
    return replace(self, target)


def faulty_read_bytes(self):
    fire(self)
    return read_bytes(self)


replace, pathlib.Path.replace = pathlib.Path.replace, faulty_replace
read_bytes, pathlib.Path.read_bytes = pathlib.Path.read_bytes, faulty_read_bytes
