"""What an analysis plan may say, and how a fault is told."""

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mentorat.causal.catalogues import cohort_catalogue, cohort_covariates, survey_covariates
from mentorat.causal.follow_up import FACTS, outcome_kind
from mentorat.causal.plan import Plan, PlanError, load_plan
from mentorat.causal.plan_checks import compared_items, faults, schema_faults, survey_columns
from mentorat.causal.plan_register import DEMONSTRATION, PLANS, SCHEMA, TEMPLATE
from mentorat.causal.plan_schema import files, plan_schema
from mentorat.causal.risk_sets import NEEDED, OWN

Change = Callable[[dict[str, Any]], None]


def template() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((PLANS / TEMPLATE).read_text(encoding="utf-8"))
    return content


def refused(tmp_path: Path, change: Change) -> str:
    content = template()
    change(content)
    path = tmp_path / "2025.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    with pytest.raises(PlanError) as told:
        load_plan(path)
    assert told.value.exit_code == 2
    assert str(path) in str(told.value)
    return str(told.value)


def put(*place: str, value: Any) -> Change:
    def change(content: dict[str, Any]) -> None:
        for key in place[:-1]:
            content = content[key]
        content[place[-1]] = value

    return change


# --- the plans of the project -------------------------------------------------------------------------


@pytest.mark.parametrize("name", [DEMONSTRATION, TEMPLATE])
def test_the_plans_of_the_project_can_be_followed(name: str) -> None:
    assert faults(load_plan(PLANS / name)) == []


def test_the_template_is_made_for_real_data_and_differs_from_the_demonstration_by_its_name_alone() -> None:
    proposed, shown = (load_plan(PLANS / name) for name in (TEMPLATE, DEMONSTRATION))
    assert proposed.donnees == "reelles"
    assert proposed.administratif == shown.administratif
    assert proposed.enquete.familles == shown.enquete.familles


def test_every_key_of_the_template_is_explained_above_it() -> None:
    lines = (PLANS / TEMPLATE).read_text(encoding="utf-8").splitlines()
    inside_a_family = {"principale", "parcours", "scolarite", "sante", "mna", *cohort_catalogue().issues}
    keys = [
        (rank, found[1])
        for rank, line in enumerate(lines)
        if (found := re.match(r"\s*(\w+):", line)) and found[1] not in inside_a_family
    ]
    bare = [name for rank, name in keys if not lines[rank - 1].strip().startswith("#")]
    # what an estimand is made of is explained once
    assert set(bare) <= {"appariement", "population", "traitement", "comparaison", "resume"}
    assert set(Plan.model_fields) <= {name for _, name in keys}


def test_the_template_names_every_key_of_the_schema() -> None:
    text = (PLANS / TEMPLATE).read_text(encoding="utf-8")
    parts = plan_schema()["$defs"]
    keys = {key for part in parts.values() for key in part["properties"]}
    assert {key for key in keys if f"{key}:" not in text} == set()


def test_the_schema_of_editors_is_current() -> None:
    assert {path: path.read_text(encoding="utf-8") for path in files()} == files()
    assert all(
        (PLANS / name).read_text(encoding="utf-8").startswith(f"# yaml-language-server: $schema={SCHEMA}\n")
        for name in (DEMONSTRATION, TEMPLATE)
    )


def test_every_key_of_the_schema_says_what_it_means_in_french() -> None:
    schema = plan_schema()
    for part in (schema, *schema["$defs"].values()):
        assert part["title"]
        assert all(len(one["description"]) > 10 for one in part["properties"].values())


# --- what may be named --------------------------------------------------------------------------------


def test_covariates_of_the_survey_are_known_before_mentoring() -> None:
    assert {survey_columns()[name].temporalite for name in survey_covariates()} <= {"fixe", "avant"}


def test_outcomes_of_the_survey_are_put_to_both_groups() -> None:
    assert {"se_sent_seul", "projection_direction"} <= set(compared_items())
    assert not {"satisfaction", "perseverance", "moyenne_generale"} & set(compared_items())


def test_outcomes_of_the_cohort_are_never_covariates() -> None:
    assert not set(cohort_catalogue().issues) & set(cohort_covariates())


def mart(name: str) -> dict[str, dict[str, Any]]:
    """Columns of a mart, as dbt declares them."""
    path = Path(__file__).parents[3] / "dbt_project" / "models" / "marts" / f"{name}.yml"
    columns = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["columns"]
    return {column["name"]: column for column in columns}


def test_what_a_plan_may_name_of_the_cohort_is_in_its_marts() -> None:
    risks, following, held = mart("risques"), mart("faits_suivi"), cohort_catalogue()
    facts = following["fait"]["data_tests"][0]["accepted_values"]["arguments"]["values"]
    assert set(held.colonnes) <= {*risks, *OWN, *facts, *held.issues}
    assert {outcome_kind(name) for name in held.issues} <= set(facts)
    assert set(held.modalites) <= set(cohort_covariates())
    assert set(NEEDED) <= set(risks) and set(FACTS) <= set(following)


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        (
            put("enquete", "familles", value={"principale": ["se_sent_sel"]}),
            "enquete.familles.principale",
            "se_sent_seul",
        ),
        (put("enquete", "familles", value={"principale": ["perseverance"]}), "familles.principale", "deux groupes"),
        (put("enquete", "familles", value={"principale": ["moyenne_generale"]}), "familles.principale", "se décrit"),
        (
            put("enquete", "familles", value={"a": ["se_sent_seul"], "b": ["se_sent_seul"]}),
            "familles.b",
            "famille « a »",
        ),
        (put("enquete", "familles", value={"a": []}), "familles.a", "vide"),
        (put("enquete", "temoins", value=["se_sent_seul"]), "enquete.temoins", "aussi une issue"),
        (put("enquete", "temoins", value=["confiance_en_soi"] * 2), "enquete.temoins", "2 fois"),
        (put("enquete", "covariables", value=["age", "se_sent_seul"]), "enquete.covariables", "après le début"),
        (put("enquete", "covariables", value=["age", "sexee"]), "enquete.covariables", "vouliez-vous dire « sexe »"),
        (put("enquete", "sous_groupes", value=["confiance_en_soi"]), "enquete.sous_groupes", "après le début"),
        (put("enquete", "estimateur", value="naif"), "enquete.estimateur", "comparables"),
        (put("enquete", "robustesse", value=["entropie"]), "enquete.robustesse", "déjà l'estimateur principal"),
        (put("enquete", "grille", "toujours", value=["age", "mna"]), "grille.au_choix.mna", "« toujours »"),
        (put("enquete", "grille", "populations", value=["sans_age"]), "grille.populations", "sans_mna"),
        (put("administratif", "covariables", value=["sexe", "freqsco"]), "administratif.covariables", "après le début"),
        (put("administratif", "covariables", value=["evenement"]), "administratif.covariables", "après le début"),
        (put("administratif", "covariables", value=["taille"]), "administratif.covariables", "age_index"),
        (put("administratif", "appariement", "exact", value=["fin"]), "appariement.exact", "après le début"),
        (
            put("administratif", "issues", value={"note": {"famille": "principale"}}),
            "issues.note",
            "pas dans les fichiers",
        ),
        (
            put("administratif", "issues", "freqsco", value={"famille": "principale", "de_jours": 548, "a_jours": 183}),
            "issues.freqsco",
            "avant de commencer",
        ),
        (
            put("administratif", "issues", "freqsco", value={"famille": "principale", "de_jours": -1, "a_jours": 183}),
            "issues.freqsco.de_jours",
            "Donnez 1 ou plus",
        ),
        (put("administratif", "issues", "freqsco", value={"famille": "principale"}), "issues.freqsco", "de_jours: 1"),
        (
            put(
                "administratif", "issues", "jeune_majeur", value={"famille": "secondaire", "de_jours": 1, "a_jours": 9}
            ),
            "issues.jeune_majeur",
            "apres_18_ans_jours",
        ),
        (
            put("administratif", "issues", "deplacements_avant", "famille", value="secondaire"),
            "issues.deplacements_avant.famille",
            "que témoin",
        ),
        (
            put("administratif", "issues", "freqsco", "famille", value="temoin"),
            "issues.freqsco.famille",
            "peut changer",
        ),
        (
            put("administratif", "issues", "deplacements_avant", "a_jours", value=5),
            "deplacements_avant.a_jours",
            "négatif",
        ),
    ],
)
def test_what_a_plan_may_not_name_is_told_with_its_key_and_remedy(
    tmp_path: Path, change: Change, key: str, said: str
) -> None:
    told = refused(tmp_path, change)
    assert key in told
    assert said in told


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        (lambda c: c.pop("question"), "question", "cette clé manque"),
        (put("enquete", "estimatuer", value="aipw"), "enquete.estimatuer", "vouliez-vous dire « estimateur »"),
        (put("administratif", "issues", "freqsco", "jusqua", value=3), "freqsco.jusqua", "a_jours"),
        (put("enquete", "estimateur", value="magie"), "enquete.estimateur", "Valeurs possibles : naif"),
        (put("version", value=1), "version", "guillemets"),
        (put("date", value="hier"), "date", "AAAA-MM-JJ"),
        (put("nom", value="Été 2025"), "nom", "minuscules"),
        (put("enquete", "covariables", value=[]), "enquete.covariables", "un élément au moins"),
        (put("enquete", "covariables", value="age"), "enquete.covariables", "crochets"),
        (put("administratif", "appariement", "voisins", value=0), "appariement.voisins", "au moins 1"),
        (put("administratif", "appariement", "voisins", value="deux"), "appariement.voisins", "nombre entier"),
        (put("enquete", value="rien"), "enquete", "attend des clés"),
    ],
)
def test_a_key_of_the_wrong_shape_is_told_in_french(tmp_path: Path, change: Change, key: str, said: str) -> None:
    told = refused(tmp_path, change)
    assert f"{key} : " in told
    assert said in told
    assert not re.search(r"\b(input|should|valid|field|required|permitted)\b", told)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["enquete"]["temoins"] = ["se_sent_seul", "inconnue"]
        content["administratif"]["covariables"] = ["freqsco"]

    assert refused(tmp_path, change).count("\n  - ") == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nom: a\nnom: b\n", "ligne 2 : la clé « nom » est donnée deux fois"),
        ("nom: [a\n", "YAML n'est pas lisible"),
        ("rien\n", "ne contient pas de clés"),
        ("", "ne contient pas de clés"),
    ],
)
def test_a_file_that_is_no_plan_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match=re.escape(said)):
        load_plan(path)


def test_a_plan_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="mentorat plan nouveau"):
        load_plan(tmp_path / "2025.yml")


# --- the hash -----------------------------------------------------------------------------------------


def test_the_hash_hangs_on_what_the_plan_says_and_not_on_its_layout(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    path.write_text(yaml.safe_dump(template(), sort_keys=True), encoding="utf-8")
    assert load_plan(path).empreinte == load_plan(PLANS / TEMPLATE).empreinte


@pytest.mark.parametrize(
    "change",
    [
        put("version", value="2"),
        put("date", value=datetime.date(2026, 11, 23)),
        put("enquete", "familles", value={"principale": ["projection_direction", "se_sent_seul"]}),
        put("enquete", "grille", "permutations", value=999),
        put("administratif", "issues", "freqsco", "a_jours", value=549),
    ],
)
def test_any_change_of_what_it_says_changes_the_hash(change: Change) -> None:
    content = template()
    before = Plan.model_validate(content).empreinte
    change(content)
    assert Plan.model_validate(content).empreinte != before


def test_a_default_told_or_left_unsaid_is_the_same_plan() -> None:
    content = template()
    before = Plan.model_validate(content).empreinte
    del content["enquete"]["temoins"]
    assert Plan.model_validate(content).empreinte == before


def test_schema_faults_speak_of_each_fault_once() -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError) as told:
        Plan.model_validate({"nom": "a"})
    assert len(schema_faults(told.value)) == len(Plan.model_fields) - 1
