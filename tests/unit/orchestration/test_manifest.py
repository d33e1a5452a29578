"""dbt's manifest is parsed once and read whole, however many runs begin together on a new checkout."""

import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestration import resources


def test_runs_begun_together_wait_for_one_another_and_read_a_whole_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "target" / "manifest.json"
    monkeypatch.setattr(resources, "MANIFEST", manifest)
    parses = []

    def parse(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        parses.append(command)
        manifest.write_text('{"nodes": ', encoding="utf-8")
        threading.Event().wait(0.2)  # the others have the time to find half a file
        manifest.write_text('{"nodes": {}}', encoding="utf-8")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(resources.subprocess, "run", parse)
    with ThreadPoolExecutor(4) as runs:
        found = list(runs.map(lambda _: json.loads(resources.ensure_manifest().read_text(encoding="utf-8")), range(4)))
    assert found == [{"nodes": {}}] * 4
    assert len(parses) == 1
