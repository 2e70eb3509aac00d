"""What a process and its children have used so far: from /proc, so only on Linux."""

import contextlib
import os
import pathlib


class Usage:
    """CPU seconds, bytes handed to the disk, and the highest resident MiB, summed over the processes."""

    def __init__(self, root):
        ticks = os.sysconf("SC_CLK_TCK")
        self.cpu_seconds = self.written_bytes = self.memory_mib = 0
        for pid in [root, *descendants(root)]:
            with contextlib.suppress(OSError):
                process = pathlib.Path(f"/proc/{pid}")
                fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
                self.cpu_seconds += (int(fields[11]) + int(fields[12])) / ticks
                self.written_bytes += int((process / "io").read_text().split("\nwrite_bytes: ")[1].split()[0])
                self.memory_mib += int((process / "status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def descendants(root):
    for task in pathlib.Path(f"/proc/{root}/task").glob("*"):
        with contextlib.suppress(OSError):
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from descendants(child)
