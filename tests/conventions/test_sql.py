"""What the SQL of models may not say: words one engine alone reads, and legal thresholds written as numbers."""

import re
from pathlib import Path

import pytest
import yaml

from mentorat.reference import load

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"

ONE_ENGINE_ALONE = {
    r"\bqualify\b": "a subquery with a where",
    r"\*\s*(exclude|replace|except)\b": "the columns by name",
    r"\bfilename\b": "a column of the row",
    r"\bround\(.{1,80},\s*\d": "{{ arrondi() }}",
    r"\bvarchar\b": "{{ texte() }}",
    r"(?<!\.)\b(unnest|string_split|split|explode)\s*\(": "{{ eclate() }}",
    r"\b(string_agg|group_concat|listagg|collect_list|list_\w+|array_\w+)\s*\(": "a macro of moteurs.sql",
    r"\b(generate_series|range|sequence)\s*\(": "a jinja loop",
    r"::": "cast",
    r"\b(group|order) by all\b": "the columns by name",
    r"\busing sample\b": "md5 of a key",
    r"//": "cast(floor())",
    r"\b(ilike|similar to|rlike)\b": "lower() and like",
    r"\bregexp_\w+\s*\(": "like, or split_part",
    r"\bdistinct on\b": "row_number()",
    r"\bconcat(_ws)?\s*\(": "||",
    r"\b(interval|to_months|to_days|date_diff|datediff|date_add|add_months)\b": "a macro of moteurs.sql",
    # dates are added by macros: {{ plus_jours(date_debut, 30) }}, {{ jours_entre(debut, fin) }}
    r"\b(date_\w+|debut|fin|naissance|jour)\s[-+]\s": "{{ plus_jours() }}, {{ jours_entre() }}",
    r"\b(quantile_cont|percentile|percentile_cont|median|approx_\w+)\s*\(": "{{ quantile() }}",
}
"""What DuckDB or Spark does not read, or reads another way → what to write instead."""

LEGAL = {
    r"(?:[<>]=?|=|<>|\bbetween|\band)\s+(?:11|17|18|20|21)\b|[-+*]\s+(?:18|21)\b": "an age",
    r"\bplus_mois\(.*,\s*-?(?:6|12)\)": "a number of months",
    r"\b(?:30_?000|350_?000)\b": "a denominator",
    r"2024-02-19": "the day the décret is in force",
}
"""Thresholds of the law or of the programme: `int_parametres` gives them, dated, with their article."""
REASONED: dict[str, str] = {}
"""Model → why a number of it is none of these thresholds. Empty as long as can be."""


def code(sql: str, dates: bool = False) -> str:
    """SQL without comments and quoted text; `dates` keeps the dates quoted."""
    sql = re.sub(r"\{#.*?#\}|--[^\n]*", "", sql, flags=re.DOTALL)
    return re.sub(r"'(?!\d{4}-\d{2}-\d{2}')[^'\n]*'" if dates else r"'[^'\n]*'", "''", sql)


def faults(patterns: dict[str, str], dates: bool = False) -> list[str]:
    return [
        f"{path.relative_to(MODELS)}:{number}: {line.strip()} → {instead}"
        for path in sorted(MODELS.rglob("*.sql"))
        if path.stem not in REASONED
        for number, line in enumerate(code(path.read_text(encoding="utf-8"), dates).splitlines(), start=1)
        for pattern, instead in patterns.items()
        if re.search(pattern, line, re.IGNORECASE)
    ]


def test_models_hold_only_what_both_engines_read() -> None:
    found = faults(ONE_ENGINE_ALONE)
    assert not found, "\n".join(found)


def test_models_hold_no_threshold_of_the_law() -> None:
    found = faults(LEGAL, dates=True)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("patterns", "wrong"),
    [
        (ONE_ENGINE_ALONE, "cast(x as varchar)"),
        (ONE_ENGINE_ALONE, "select * exclude (rang)"),
        (ONE_ENGINE_ALONE, "cast(date_fin - date_debut as bigint)"),
        (LEGAL, "where age >= 18"),
        (LEGAL, "where age between 11 and 17"),
        (LEGAL, "make_date(annee_naissance + 18, 1, 1)"),
        (LEGAL, "{{ plus_mois('date_debut', 6) }}"),
        (LEGAL, "where jour >= date '2024-02-19'"),
    ],
)
def test_what_is_wrong_is_found(patterns: dict[str, str], wrong: str) -> None:
    assert any(re.search(pattern, code(wrong, dates=True)) for pattern in patterns)


def test_comments_and_codes_are_no_numbers() -> None:
    assert code("a -- under 18\n, b <> '11'", dates=True) == "a \n, b <> ''"


def test_every_dated_parameter_is_a_column_that_models_read() -> None:
    names = set(load("parametres")["parametre"])
    model = yaml.safe_load((MODELS / "intermediate" / "reference" / "int_parametres.yml").read_text(encoding="utf-8"))
    assert names == {column["name"] for column in model["models"][0]["columns"]}
