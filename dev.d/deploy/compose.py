"""The compose files and the Dockerfile."""

import json
import pathlib
import re
import shutil
import tempfile

from common import DEPLOY, TOOLS, port, settings

FILES = ["compose.yaml", "compose.single.yaml"]
# What runs as another user than root without being told to.
NOT_ROOT = ("cinelog:", "apache/kafka:")
# Read-only is out of reach where an image writes into its own folders when it starts.
WRITES_ITS_ROOT = ("apache/kafka:",)


def check(findings):
    findings.run(TOOLS / "hadolint", DEPLOY / "Dockerfile")
    image = dockerfile_environment()
    for name in image:
        findings.expect(name in known_names(), f"Dockerfile: {name} is no setting of Cinelog")
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "deploy"
        shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("secrets", ".env"))
        if findings.run(copy / "secrets.sh") is None:
            return
        for file in FILES:
            # Compose itself: its schema, merges, variables, and whether all that depends_on, networks and secrets name is there.
            model = findings.run(TOOLS / "docker-compose", "--file", copy / file, "config", "--format", "json")
            if model is not None:
                Project(file, json.loads(model), image, findings).check()


def known_names():
    return set(settings()) | {"SWIFT_BACKTRACE"}


def dockerfile_environment():
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(re.findall(r"^ENV (.*)$", text, re.MULTILINE))))


class Project:
    def __init__(self, file, model, image, findings):
        self.file, self.services, self.image, self.findings = file, model["services"], image, findings

    def check(self):
        for name, service in self.services.items():
            self.check_image(name, service)
            self.check_life(name, service)
            self.check_rights(name, service)
            self.check_reach(name, service)
            if service["image"].startswith("cinelog:"):
                self.check_cinelog(name, service)
        self.check_names()

    def expect(self, name, good, what):
        self.findings.expect(good, f"{self.file}: {name}: {what}")

    def check_image(self, name, service):
        self.expect(name, re.search(r":\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$", service["image"]),
                    f"image {service['image']} is not pinned to a version")

    def check_life(self, name, service):
        self.expect(name, service.get("restart") == "unless-stopped", "no restart policy")
        self.expect(name, service.get("healthcheck", {}).get("test"), "no health check")
        self.expect(name, "max-size" in service.get("logging", {}).get("options", {}), "its log has no bound")
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        for limit in ("cpus", "memory", "pids"):
            self.expect(name, limits.get(limit), f"no limit of {limit}")
        for target, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                self.expect(name, "healthcheck" in self.services[target], f"waits for {target}, which has no health check")

    def check_rights(self, name, service):
        image = service["image"]
        self.expect(name, service.get("cap_drop") == ["ALL"], "keeps capabilities")
        self.expect(name, "no-new-privileges:true" in service.get("security_opt", []), "may gain privileges")
        self.expect(name, not service.get("privileged"), "is privileged")
        self.expect(name, service.get("user") or image.startswith(NOT_ROOT), "runs as root")
        self.expect(name, service.get("read_only") or image.startswith(WRITES_ITS_ROOT), "its root can be written")

    def check_reach(self, name, service):
        for published in service.get("ports", []):
            self.expect(name, name == "nginx" or published.get("host_ip") == "127.0.0.1",
                        f"port {published['published']} is open to other machines")
        for mount in service.get("volumes", []):
            if mount["type"] == "bind":
                path = mount["source"]
                self.expect(name, pathlib.Path(path).exists(), f"mounts {path}, which is not there")
                self.expect(name, mount.get("read_only"), f"may write {path}")

    def check_cinelog(self, name, service):
        environment = self.image | service.get("environment", {})
        for variable in environment:
            self.expect(name, variable in known_names(), f"{variable} is no setting of Cinelog")
        role = service["command"][0]
        self.expect(name, role in ("serve", "collect", "store"), f"{role} is no role")
        health = port(re.search(r"127\.0\.0\.1:\d+", " ".join(service["healthcheck"]["test"]))[0])
        listens = environment["ADMIN_LISTEN" if role == "store" else "INGEST_LISTEN"]
        self.expect(name, health == port(listens), f"the health check asks port {health}, it listens on {listens}")
        for published in service.get("ports", []):
            self.expect(name, published["target"] == port(environment.get("ADMIN_LISTEN", ":0")),
                        f"publishes {published['target']}, where nothing listens")
        for list_name in ("KAFKA_BROKERS", "CLICKHOUSE_NODES"):
            for host in re.findall(r"(?:^|,|//)([a-z]\w*):\d+", environment.get(list_name, "")):
                self.expect(name, host in self.services, f"{list_name}: there is no service {host}")

    def check_names(self):
        """Each from_env of a mounted configuration is set, and nginx's collector is a service or its alias, on its port."""
        for name, service in self.services.items():
            for mount in service.get("volumes", []):
                if mount["type"] == "bind" and mount["source"].endswith(".xml"):
                    text = pathlib.Path(mount["source"]).read_text()
                    for variable in re.findall(r'from_env="(\w+)"', text):
                        self.expect(name, variable in service.get("environment", {}),
                                    f"{pathlib.Path(mount['source']).name} wants {variable}")
        names = set(self.services)
        for service in self.services.values():
            for network in service.get("networks", {}).values():
                names |= set((network or {}).get("aliases", []))
        for host, number in re.findall(r"^ *server (\S+):(\d+)", (DEPLOY / "nginx/site/collectors.conf").read_text(), re.MULTILINE):
            self.expect("nginx", host in names, f"site/collectors.conf: there is no {host}")
            self.expect("nginx", int(number) == port(self.image["INGEST_LISTEN"]), f"site/collectors.conf: not on port {number}")
