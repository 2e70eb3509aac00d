"""Checks deploy/ as far as that goes without a container engine: python dev.d/deploy.

Compose's own program reads the compose files, hadolint the Dockerfile, nginx and systemd-analyze their files; and what ties them
together is held against the settings that the program declares: names, ports, limits.
"""

import sys

import compose
import documents
import nginx
import units
from common import Findings


def main():
    findings = Findings()
    for check in (compose.check, documents.check, nginx.check, units.check):
        check(findings)
    for line in findings.lines:
        print(line)
    return 1 if findings.lines else 0


sys.exit(main())
