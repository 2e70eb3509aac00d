"""systemd's units: read by systemd's own tools, in a folder that stands for a machine's root."""

import pathlib
import shutil
import tempfile

from common import DEPLOY, ROOT, settings

SYSTEM = pathlib.Path("/usr/lib/systemd/system")
# systemd-analyze security: 0 is a service that can do nothing, 100 one that may do all.
EXPOSURE_MAX = 15


def check(findings):
    units = sorted((DEPLOY / "systemd").glob("*.service"))
    findings.expect(units, "deploy/systemd has no units")
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        prepare(root, units)
        for unit in units:
            # An option that it does not know is a warning to it: misspelt, it would protect nothing.
            findings.run("systemd-analyze", "verify", f"--root={root}", "--man=no", unit.name, silent=True)
            findings.run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", unit)
            check_environment(unit, findings)
        findings.run("systemd-sysusers", f"--root={root}", DEPLOY / "systemd/cinelog.sysusers")
        findings.run("systemd-tmpfiles", "--create", f"--root={root}", DEPLOY / "systemd/cinelog.tmpfiles")
        findings.expect((root / "etc/cinelog").is_dir(), "cinelog.tmpfiles does not make /etc/cinelog")


def prepare(root, units):
    for folder in ("etc/systemd/system", "usr/lib/systemd/system", "opt/cinelog/bin"):
        (root / folder).mkdir(parents=True)
    for unit in units:
        shutil.copy(unit, root / "etc/systemd/system")
    for file in [*SYSTEM.glob("*.target"), *SYSTEM.glob("*.slice")]:
        if file.is_file():
            shutil.copy(file, root / "usr/lib/systemd/system")
    # What ./dev install puts there. It is looked at, not run.
    program = root / "opt/cinelog/bin/cinelog"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name, text in (("passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("group", "root:x:0:\n")):
        (root / "etc" / name).write_text(text)


def check_environment(unit, findings):
    known = set(settings()) | {"SWIFT_BACKTRACE"}
    for line in unit.read_text().splitlines():
        if line.startswith("Environment="):
            for assignment in line.removeprefix("Environment=").split():
                name = assignment.split("=", 1)[0]
                findings.expect(name in known, f"{unit.relative_to(ROOT)}: {name} is no setting of Cinelog")
