"""What is measured without a server of ours: the machine, its disk, the engine alone."""

import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

from servers import ROOT, BenchError

LINE_BYTES = 330
FILE_BYTES = 64 << 20


def describe(folder):
    """What the figures hang on."""
    cpu = [line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = pathlib.Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]
    commit = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    return {
        "cpu": cpu[0].split(":", 1)[1].strip() if cpu else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory) / (1 << 20), 1),
        "kernel": platform.release(),
        "file_system": file_system(folder),
        "commit": commit,
        "load_before": round(os.getloadavg()[0], 2),
    }


def file_system(folder):
    """Its kind; of an ext4 whether it has a journal, which costs fdatasync dearly."""
    found = subprocess.run(["findmnt", "-no", "FSTYPE,SOURCE", "-T", folder], capture_output=True, text=True).stdout.split()
    if len(found) != 2 or found[0] != "ext4":
        return found[0] if found else "unknown"
    journal = any(pathlib.Path("/proc/fs/jbd2").glob(pathlib.Path(found[1]).name + "*"))
    return "ext4 with a journal" if journal else "ext4 without a journal"


def append_rate(path, lines, seconds):
    """(events a second, median ms of a write with its fdatasync) into a file whose blocks are already there."""
    chunk = (b"x" * (LINE_BYTES - 1) + b"\n") * lines
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        os.write(descriptor, bytes(FILE_BYTES))  # written, not only reserved: that would cost each fdatasync a change of extents
        os.fsync(descriptor)
        times_ms, offset, begun = [], 0, time.monotonic()
        while time.monotonic() - begun < seconds:
            if offset + len(chunk) > FILE_BYTES:
                offset = 0
            before = time.monotonic()
            os.pwrite(descriptor, chunk, offset)
            os.fdatasync(descriptor)
            times_ms.append((time.monotonic() - before) * 1000)
            offset += len(chunk)
        return len(times_ms) * lines / (time.monotonic() - begun), statistics.median(times_ms)
    finally:
        os.close(descriptor)
        os.unlink(path)


def engine(data, folder, batch_events):
    """engine.py's answer for the log in `data`."""
    return json.loads(with_engine("engine.py", folder, data / "ddl", data / "data/log.sqlite", folder / "engine", batch_events))


def fill_events(warehouse, folder, events):
    """How many rows fill_events.py left in the tables."""
    return int(with_engine("fill_events.py", folder, warehouse, events))


def with_engine(script, folder, *arguments):
    """The last line that a script of ours says which runs with the unpacked wheel as the package `chdb`."""
    place = folder / "engine"
    (place / "python").mkdir(parents=True, exist_ok=True)
    library = next((ROOT / ".cache/chdb").glob("*/_chdb.abi3.so"))
    package = place / "python/chdb"
    if not package.exists():
        package.symlink_to(library.parent.resolve())
    done = subprocess.run(
        [sys.executable, str(ROOT / "Benchmarks" / script), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(place / "python"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=1200)
    if done.returncode:
        raise BenchError(f"{script}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout.strip().splitlines()[-1]
