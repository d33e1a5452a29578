"""The register of plans, and the plan a campagne follows."""

import datetime
import json
from pathlib import Path

import pandas as pd
import pytest

from mentorat.causal import plan_register
from mentorat.causal.plan import PlanError, load_plan
from mentorat.causal.plan_register import (
    DEMONSTRATION,
    PLANS,
    REGISTER,
    TEMPLATE,
    described,
    in_force,
    plan_of,
    read_register,
    register_plan,
    registered,
    write_template,
)
from mentorat.errors import UsageError
from mentorat.settings import Settings

TODAY = datetime.date(2026, 12, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of plans with the template alone."""
    made = tmp_path / "plans"
    made.mkdir()
    (made / TEMPLATE).write_text((PLANS / TEMPLATE).read_text(encoding="utf-8"), encoding="utf-8")
    return made


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("MENTORAT_PLAN", raising=False)
    made = Settings(data=tmp_path / "data")
    made.depot(2025).mkdir(parents=True)
    return made


def simulated(settings: Settings) -> None:
    (settings.depot(2025) / "simulation.json").write_text(json.dumps({"simule": True}), encoding="utf-8")


def a_plan(folder: Path, name: str = "2025", *, asks: str = "", **changes: str) -> Path:
    """The template under a name of its own, asking something else (`asks`), with some first-level keys changed."""
    text = (folder / TEMPLATE).read_text(encoding="utf-8").replace("nom: modele", "nom: france-2025")
    text = text.replace("Chez les jeunes", asks or "Chez les jeunes")
    for was, becomes in changes.items():
        text = text.replace(f"\n{was}: ", f"\n{was}: {becomes}  # ", 1)
    path = folder / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_plans_of_the_project_are_registered_as_they_stand() -> None:
    entries = read_register(PLANS / REGISTER)
    plans = [load_plan(path) for path in sorted(PLANS.glob("*.yml")) if path.name not in {REGISTER, TEMPLATE}]
    assert {(plan.nom, plan.version, plan.empreinte, plan.date) for plan in plans} <= {
        (one.nom, one.version, one.empreinte, one.date) for one in entries
    }


def test_a_registered_plan_has_its_line_and_registering_it_again_adds_none(folder: Path) -> None:
    path = a_plan(folder)
    entry = register_plan(path, TODAY)
    assert (entry.nom, entry.version, entry.enregistre_le) == ("france-2025", "1", TODAY)
    assert register_plan(path, TODAY + datetime.timedelta(days=9)) == entry
    assert read_register(folder / REGISTER) == (entry,)


def test_a_plan_changed_after_it_was_registered_stops_with_two(folder: Path) -> None:
    path = a_plan(folder)
    register_plan(path, TODAY)
    a_plan(folder, asks="Chez les filles")
    for step in (
        lambda: registered(load_plan(path), folder / REGISTER),
        lambda: register_plan(path, TODAY),
        lambda: in_force(load_plan(path), folder),
    ):
        with pytest.raises(PlanError, match=r"n'est plus celui qui a été enregistré le 1er.décembre 2026") as told:
            step()
        assert told.value.exit_code == 2
        assert "nouvelle version" in str(told.value)


def test_comments_and_layout_may_change(folder: Path) -> None:
    path = a_plan(folder)
    register_plan(path, TODAY)
    path.write_text("# relu\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert registered(load_plan(path), folder / REGISTER) is not None


def test_a_new_version_is_added_after_the_first(folder: Path) -> None:
    first = register_plan(a_plan(folder), TODAY)
    changed = a_plan(folder, version='"2"', date="2026-11-30", asks="Chez les filles")
    second = register_plan(changed, TODAY)
    assert read_register(folder / REGISTER) == (first, second)
    assert (folder / REGISTER).read_text(encoding="utf-8").startswith("#")


def test_a_new_version_is_not_older_than_the_one_it_replaces(folder: Path) -> None:
    register_plan(a_plan(folder), TODAY)
    with pytest.raises(PlanError, match="précède la version 1"):
        register_plan(a_plan(folder, version='"2"', date="2026-11-01"), TODAY)


def test_a_plan_is_not_settled_in_the_future_nor_under_the_template_s_name(folder: Path) -> None:
    with pytest.raises(PlanError, match="à venir"):
        register_plan(a_plan(folder, date="2026-12-02"), TODAY)
    with pytest.raises(PlanError, match="donnez un nom"):
        register_plan(folder / TEMPLATE, TODAY)
    assert read_register(folder / REGISTER) == ()


@pytest.mark.parametrize("text", ["- nom: a\n", "rien: [", "- {nom: a, version: b, date: c}\n", "vrai\n"])
def test_a_register_that_was_touched_is_refused(folder: Path, text: str) -> None:
    (folder / REGISTER).write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match="registre"):
        read_register(folder / REGISTER)


def test_a_register_that_holds_a_version_twice_is_refused(folder: Path) -> None:
    register_plan(a_plan(folder), TODAY)
    path = folder / REGISTER
    lines = path.read_text(encoding="utf-8")
    path.write_text(lines + lines, encoding="utf-8")
    with pytest.raises(PlanError, match="deux fois"):
        read_register(path)


# --- which plan a campagne follows --------------------------------------------------------------------


def test_simulated_data_follow_the_demonstration_s_plan_confirmatory_where_it_says_so(settings: Settings) -> None:
    simulated(settings)
    force = plan_of(settings, 2025)
    assert force.plan.nom == "demonstration"
    assert force.simule
    assert force.confirmatory("enquete")
    assert force.confirmatory("administratif")


def test_real_data_follow_the_plan_of_their_year(settings: Settings, folder: Path) -> None:
    register_plan(a_plan(folder), TODAY)
    force = plan_of(settings, 2025, folder)
    assert (force.plan.nom, force.simule) == ("france-2025", False)
    assert force.confirmatory("enquete")


def test_without_a_plan_the_template_s_analysis_is_exploratory_and_says_so(settings: Settings, folder: Path) -> None:
    force = plan_of(settings, 2025, folder)
    assert force.plan.nom == "modele"
    assert not force.confirmatory("enquete")
    assert not force.confirmatory("administratif")
    assert "Aucun plan d’analyse n’a été déclaré" in force.reserves["enquete"]


def test_an_unregistered_plan_gives_exploratory_results_and_says_so(settings: Settings, folder: Path) -> None:
    a_plan(folder)
    force = plan_of(settings, 2025, folder)
    assert not force.confirmatory("enquete")
    assert "n’est pas enregistré" in force.reserves["administratif"]


def test_the_plan_may_be_named_by_the_environment(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MENTORAT_PLAN", str(a_plan(folder, "autre")))
    assert plan_of(Settings(data=settings.data), 2025, folder).plan.nom == "france-2025"
    monkeypatch.setenv("MENTORAT_PLAN", str(folder / "absent.yml"))
    with pytest.raises(PlanError, match="n'existe pas"):
        plan_of(Settings(data=settings.data), 2025, folder)
    monkeypatch.setenv("MENTORAT_PLAN", "")
    with pytest.raises(UsageError, match="MENTORAT_PLAN est vide"):
        Settings(data=settings.data)


def test_a_plan_of_simulated_data_is_refused_on_real_data(settings: Settings, folder: Path) -> None:
    text = (PLANS / DEMONSTRATION).read_text(encoding="utf-8")
    (folder / "2025.yml").write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match="données simulées") as told:
        plan_of(settings, 2025, folder)
    assert told.value.exit_code == 2


def test_a_plan_of_real_data_tried_on_simulated_ones_confirms_nothing(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(settings)
    path = a_plan(folder)
    register_plan(path, TODAY)
    monkeypatch.setenv("MENTORAT_PLAN", str(path))
    force = plan_of(Settings(data=settings.data), 2025, folder)
    assert force.simule
    assert not force.confirmatory("enquete")


@pytest.mark.parametrize(
    ("arrived", "source", "confirmatory"),
    [
        ("2026-11-30", "enquete", False),
        ("2026-12-01", "enquete", True),
        ("2026-12-09", "enquete", True),
        ("2026-11-30", "administratif", True),
    ],
)
def test_a_plan_registered_after_the_data_arrived_confirms_nothing_of_them(
    settings: Settings,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    arrived: str,
    source: str,
    confirmatory: bool,
) -> None:
    journal = pd.DataFrame(
        {
            "source": ["enquete_mentores", "mesures_ase", None],
            "recu_le": pd.to_datetime([arrived, "2026-12-05", "2020-01-01"], utc=True),
        }
    )
    monkeypatch.setattr("mentorat.intake.journal.read_journal", lambda *_: journal)
    register_plan(a_plan(folder), TODAY)
    force = plan_of(settings, 2025, folder)
    assert force.confirmatory(source) is confirmatory
    assert confirmatory or "après l’arrivée des premières données" in force.reserves[source]


def test_a_run_stops_before_it_starts_when_its_plan_was_changed(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import run

    path = a_plan(folder)
    register_plan(path, TODAY)
    a_plan(folder, asks="Chez les filles")
    monkeypatch.setattr(run, "load_keys", lambda *_, **__: type("Keys", (), {"identifiants": {}}))
    monkeypatch.setattr(run, "check_recorded", lambda *_: None)
    monkeypatch.setenv("MENTORAT_PLAN", str(path))
    with pytest.raises(PlanError, match="ne se modifie pas"):
        run.check_request(Settings(data=settings.data), 2025)


# --- what is told -------------------------------------------------------------------------------------


def test_what_a_plan_confirms_is_told_with_the_size_of_its_families() -> None:
    told = "\n".join(described(load_plan(PLANS / DEMONSTRATION), None))
    assert "famille « principale » : 2 issues (se_sent_seul, projection_direction)" in told.replace("\u00a0", " ")
    assert "1 issue (freqsco)" in told
    assert load_plan(PLANS / DEMONSTRATION).empreinte in told
    assert "exploratoire" in told


def test_the_template_written_elsewhere_finds_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "la" / "plan.yml"
    write_template(path)
    schema = path.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")[2]
    assert (path.parent / schema).resolve() == (PLANS / plan_register.SCHEMA).resolve()
    assert load_plan(path) == load_plan(PLANS / TEMPLATE)
    with pytest.raises(PlanError, match="existe déjà"):
        write_template(path)
