"""`make ui`: the real Dagster server, asked as its own page asks it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QUESTION = """{ assetNodes { assetKey { path } groupName isPartitioned
  assetChecksOrError { ... on AssetChecks { checks { name blocking } } } dependencyKeys { path } }
  instance { info } }"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The UI on a free port of the loopback, stopped with all its processes at the end."""
    data, port = tmp_path_factory.mktemp("ui"), _free_port()
    log = (data / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration.ui", str(port)],
        cwd=ROOT,
        env=os.environ | {"MENTORAT_DATA": str(data)},
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        for _ in range(120):
            if process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        assert process.poll() is None, (data / "log").read_text()[-2000:]
        yield port
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


@pytest.fixture(scope="module")
def answer(server: int) -> dict:
    """What the server says of its assets."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server}/graphql",
        data=json.dumps({"query": QUESTION}).encode(),
        headers={"Content-Type": "application/json"},
    )
    for _ in range(40):
        with urllib.request.urlopen(request, timeout=30) as response:
            data = json.load(response)["data"]
        if data["assetNodes"]:
            return data
        time.sleep(1)
    raise AssertionError("the code location did not load")


def test_the_ui_listens_on_loopback_only(server: int) -> None:
    with socket.socket() as probe:
        probe.settimeout(2)
        others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
        for address in others - {"127.0.0.1"}:
            assert probe.connect_ex((address, server)) != 0, address


def test_the_ui_shows_the_graph_from_file_to_report(answer: dict) -> None:
    nodes = {"/".join(node["assetKey"]["path"]): node for node in answer["assetNodes"]}
    assert {"depot", "brut/mesures_ase", "population", "estimations/effets", "publication/national"} <= set(nodes)
    assert all(node["isPartitioned"] for node in nodes.values() if node["groupName"] != "reference")

    def upstream(key: str) -> set[str]:
        direct = {"/".join(dependency["path"]) for dependency in nodes[key]["dependencyKeys"]}
        return direct | {far for near in direct for far in upstream(near)}

    assert {"depot", "brut/mesures_ase", "stg_mesures_ase__evenements", "indicateurs"} <= upstream(
        "publication/national"
    )


def test_checks_that_must_stop_publication_are_blocking(answer: dict) -> None:
    checks = {
        ("/".join(node["assetKey"]["path"]), check["name"]): check["blocking"]
        for node in answer["assetNodes"]
        for check in node["assetChecksOrError"].get("checks", [])
    }
    assert checks["brut/mesures_ase", "gx_bloquant"] is True
    assert checks["indicateurs", "gx_bloquant"] is True
    assert checks["indicateurs", "gx_alerte"] is False
    assert any(asset == "population" and name.startswith("not_null") for asset, name in checks)


def test_nothing_is_sent_outside(answer: dict) -> None:
    assert "telemetry:\n  enabled: false" in answer["instance"]["info"]
    assert "nux:\n  enabled: false" in answer["instance"]["info"]
