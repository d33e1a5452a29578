"""The only door out, and the rules it applies."""

import dataclasses
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from mentorat.disclosure.counts import release_public_figures
from mentorat.disclosure.door import ReleasedDocument, ReleasedTable, release_document, write_audit
from mentorat.disclosure.rules import Rules, rules

FRAME = pd.DataFrame({"item": ["a"], "valeur": [12]})


def released(audience: str = "public") -> ReleasedTable:
    return release_public_figures(FRAME, "chiffres d'essai", audience, name="essai")


def test_a_released_table_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError, match="release function"):
        ReleasedTable("essai", "public", FRAME, {}, object())
    with pytest.raises(TypeError, match="release_document"):
        ReleasedDocument("essai", "public", "<p></p>", {}, None)
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(released(), name="autre")


def test_changing_the_frame_or_the_audit_one_reads_changes_nothing() -> None:
    table = released()
    copy = table.frame
    copy.loc[0, "valeur"] = 3
    table.audit["reason"] = "autre"
    assert table.frame.loc[0, "valeur"] == 12 and table.audit["reason"] == "chiffres d'essai"
    with pytest.raises(dataclasses.FrozenInstanceError):
        table.name = "autre"  # type: ignore[misc]


def test_a_document_is_made_of_released_tables_and_is_for_the_narrowest_audience() -> None:
    document = release_document("<p>12</p>", [released(), released("partenaire")], name="cahier")
    assert document.audience == "partenaire" and len(document.audit["sources"]) == 2
    with pytest.raises(ValueError, match="tables"):
        release_document("<p></p>", [])
    with pytest.raises(TypeError, match="released tables"):
        release_document("<p></p>", [FRAME])  # type: ignore[list-item]


def test_every_release_adds_a_line_to_the_audit_with_the_time_that_the_release_has_not(tmp_path: Path) -> None:
    path = tmp_path / "audit" / "2024.jsonl"
    write_audit([released()], path)
    write_audit([release_document("<p></p>", [released()])], path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["table"] for line in lines] == ["essai", "document"]
    assert all({"rules", "reason", "sha256", "time"} <= set(line) for line in lines)
    assert "time" not in released().audit


def test_the_hash_is_that_of_what_is_released() -> None:
    assert released().audit["sha256"] == released().audit["sha256"]
    other = release_public_figures(FRAME.assign(valeur=13), "chiffres d'essai", name="essai")
    assert other.audit["sha256"] != released().audit["sha256"]


def test_rules_are_dated_motivated_and_sourced() -> None:
    in_force = rules()
    assert (in_force.threshold("partenaire"), in_force.threshold("public")) == (5, 11)
    assert (in_force.protection("partenaire"), in_force.protection("public")) == (4, 10)
    assert all(rule.motif and rule.source and rule.valable_du for rule in in_force.regles)
    assert rules(date(2030, 1, 1)) == in_force


def test_a_day_without_a_threshold_and_audiences_that_are_not_nested_are_refused() -> None:
    with pytest.raises(ValueError, match="thresholds"):
        rules(date(2000, 1, 1))
    public, partner = (rule.model_copy(update={"seuil": n}) for rule, n in zip(rules().regles[:2], (3, 5), strict=True))
    with pytest.raises(ValueError, match="nested"):
        Rules(regles=(public, partner))
