"""ZooKeeper and four ClickHouse servers of Debian's on loopback, in the shape of deploy/clickhouse, as the tests start them."""

import base64
import contextlib
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request

import servers
from servers import BenchError

DEPLOY = servers.ROOT / "deploy/clickhouse"
NODES = 4
NODE = """<?xml version="1.0"?>
<yandex>
    <logger><level>warning</level><log>{folder}/server.log</log><errorlog>{folder}/error.log</errorlog></logger>
    <http_port>{http}</http_port> <tcp_port>{native}</tcp_port>
    <interserver_http_port>{replication}</interserver_http_port> <interserver_http_host>127.0.0.1</interserver_http_host>
    <listen_host>127.0.0.1</listen_host>
    <path>{folder}/data/</path> <tmp_path>{folder}/tmp/</tmp_path> <user_files_path>{folder}/user_files/</user_files_path>
    <format_schema_path>{folder}/format_schemas/</format_schema_path> <users_config>{folder}/users.xml</users_config>
    <default_profile>default</default_profile> <default_database>default</default_database>
    <mark_cache_size>67108864</mark_cache_size>
</yandex>
"""
KEEPER = "tickTime=2000\ndataDir={folder}\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n"


def available():
    return bool(shutil.which("clickhouse-server") and shutil.which("java"))


class Cluster:
    def __init__(self, nodes, password):
        self.nodes, self.password = nodes, password
        self.settings = {
            "CLICKHOUSE_NODES": ",".join(node.url("") for node in nodes), "CLICKHOUSE_CLUSTER": "cinelog",
            "CLICKHOUSE_USER": "cinelog", "CLICKHOUSE_PASSWORD": password}

    def stored_bytes(self):
        """What the tables of all nodes take, both replicas counted."""
        question = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'default'"
        return sum(int(self.ask(node, question)) for node in self.nodes)

    def ask(self, node, sql):
        who = base64.b64encode(f"cinelog:{self.password}".encode()).decode()
        question = urllib.request.Request(node.url("/"), sql.encode(), {"Authorization": f"Basic {who}"})
        with urllib.request.urlopen(question, timeout=30) as answer:
            return answer.read().decode()


@contextlib.contextmanager
def running(folder):
    password = secrets.token_hex(8)
    ports = [{name: servers.free_port() for name in ("http", "native", "replication")} for _ in range(NODES)]
    with keeper(folder / "keeper") as keeper_port, contextlib.ExitStack() as stack:
        environment = {"CINELOG_PASSWORD": password, "CINELOG_KEEPER": "127.0.0.1", "CINELOG_KEEPER_PORT": str(keeper_port)}
        for number, own in enumerate(ports, 1):
            environment |= {f"CINELOG_NODE{number}": "127.0.0.1", f"CINELOG_PORT{number}": str(own["native"])}
        nodes = [
            stack.enter_context(node(folder / f"node{number}", number, own, environment))
            for number, own in enumerate(ports, 1)
        ]
        yield Cluster(nodes, password)


def node(folder, number, ports, environment):
    for name in ("config.d", "users.d"):
        (folder / name).mkdir(parents=True)
    shutil.copy(DEPLOY / "cluster.xml", folder / "config.d")
    shutil.copy(DEPLOY / "users.xml", folder / "users.d")
    shutil.copy("/etc/clickhouse-server/users.xml", folder)
    (folder / "config.xml").write_text(NODE.format(folder=folder, **ports))
    place = {"CINELOG_SHARD": f"{(number + 1) // 2:02}", "CINELOG_REPLICA": f"node{number}"}
    command = ["clickhouse-server", f"--config-file={folder}/config.xml"]
    return servers.Server(command, ports["http"], folder, "/ping", environment | place)


@contextlib.contextmanager
def keeper(folder):
    folder.mkdir()
    port = servers.free_port()
    (folder / "zoo.cfg").write_text(KEEPER.format(folder=folder, port=port))
    command = [
        "java", "-Xmx192m", "-cp", "/usr/share/java/*:/etc/zookeeper/conf_example",
        "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(folder / "zoo.cfg")]
    with open(folder / "output", "wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            deadline = time.monotonic() + servers.START_SECONDS
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            else:
                raise BenchError(f"ZooKeeper does not start: {(folder / 'output').read_text()[-2000:]}")
            yield port
        finally:
            process.kill()
