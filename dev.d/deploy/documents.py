"""Files that are only read: XML, the variables of compose, the Kubernetes note, the script that makes secrets."""

import os
import re
import shutil
import stat
import tempfile
import xml.dom.minidom
import xml.parsers.expat

import yaml

from common import DEPLOY, settings


def check(findings):
    check_xml(findings)
    check_variables(findings)
    check_kubernetes(findings)
    check_secrets(findings)


def check_xml(findings):
    files = sorted(DEPLOY.glob("clickhouse/*.xml"))
    findings.expect(files, "deploy/clickhouse has no configuration")
    for file in files:
        try:
            xml.dom.minidom.parse(str(file))
        except xml.parsers.expat.ExpatError as error:
            findings.expect(False, f"{file}: {error}")


def check_variables(findings):
    """.env.example holds what the compose files ask for, no more."""
    asked = set()
    for file in DEPLOY.glob("compose*.yaml"):
        asked |= set(re.findall(r"(?<!\$)\$\{(\w+)", file.read_text()))
    given = set(re.findall(r"^([A-Z]\w*)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    findings.expect(asked == given, f"deploy/.env.example and the compose files differ in {sorted(asked ^ given)}")


def check_kubernetes(findings):
    """Every manifest of the note is YAML with a kind, and Cinelog's containers get settings that there are."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", (DEPLOY / "kubernetes.md").read_text(), re.MULTILINE | re.DOTALL)
    findings.expect(blocks, "deploy/kubernetes.md has no manifest")
    for manifest in (part for block in blocks for part in yaml.safe_load_all(block)):
        title = f"deploy/kubernetes.md: {manifest.get('kind')} {manifest.get('metadata', {}).get('name')}"
        findings.expect("kind" in manifest and "apiVersion" in manifest, f"{title}: no kind")
        pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", []):
            for variable in container.get("env", []):
                findings.expect(variable["name"] in settings(), f"{title}: {variable['name']} is no setting of Cinelog")
            for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
                findings.expect(probe in container, f"{title}: no {probe}")


def check_secrets(findings):
    """secrets.sh makes each secret that the compose files name, readable by its owner alone, and leaves it alone after that."""
    wanted = set()
    for file in DEPLOY.glob("compose*.yaml"):
        model = yaml.safe_load(file.read_text())
        wanted |= {secret["file"] for secret in model["secrets"].values()}
        wanted |= {path for service in model["services"].values() for path in service.get("env_file", [])}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("secrets.sh", ".env.example"):
            shutil.copy(DEPLOY / name, folder)
        if findings.run(f"{folder}/secrets.sh") is None:
            return
        made = {file: read(f"{folder}/{file}") for file in wanted if os.path.exists(f"{folder}/{file}")}
        for file in sorted(wanted):
            findings.expect(file in made, f"deploy/secrets.sh does not make {file}")
        for file in made:
            mode = stat.S_IMODE(os.stat(f"{folder}/{file}").st_mode)
            findings.expect(mode == 0o400, f"deploy/secrets.sh makes {file} with mode {mode:o}")
        findings.run(f"{folder}/secrets.sh")
        findings.expect(all(read(f"{folder}/{file}") == made[file] for file in made), "deploy/secrets.sh changes what exists")
        names = set(re.findall(r"^([A-Z]\w*)=", made.get("secrets/cinelog.env", b"").decode(), re.MULTILINE))
        findings.expect(names <= set(settings()), f"deploy/secrets.sh writes {sorted(names - set(settings()))}, no settings")


def read(path):
    with open(path, "rb") as file:
        return file.read()
