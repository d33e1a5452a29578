"""The canaries of the intake's own tests, sent through Dagster: events, logs and storage hold none of them."""

from pathlib import Path

import pytest

from mentorat.identity.keys import ETUDE, PILOTAGE
from mentorat.settings import Settings
from tests.unit.intake.test_canaries import CANARIES, NORD, REFUSED, decoded


def test_no_canary_reaches_dagsters_events_nor_its_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from dagster import DagsterInstance, materialize

    from orchestration.defs.recueil import depot, recueil
    from orchestration.resources import Maison

    settings = Settings(data=tmp_path)
    for name, content in REFUSED.items():
        path = settings.depot(2024) / NORD / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setenv("MENTORAT_DATA", str(settings.data))
    monkeypatch.setenv(PILOTAGE, "p" * 32)
    monkeypatch.setenv(ETUDE, "e" * 32)
    home = settings.data / "dagster"
    home.mkdir()
    with DagsterInstance.local_temp(str(home)) as instance:
        done = materialize([depot, recueil], partition_key="2024", instance=instance, resources={"maison": Maison()})
        events = repr(done.all_events)
    inbox = settings.depot(2024)
    everything = [decoded(p) for p in settings.data.rglob("*") if p.is_file() and inbox not in p.parents]
    out = capfd.readouterr()
    everything += [events.casefold(), out.out.casefold(), out.err.casefold()]
    assert done.success and any((home / "storage").rglob("*"))
    for canary in CANARIES:
        assert not any(canary in told for told in everything), canary
