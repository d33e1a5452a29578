"""Rows O4a, O4b, O6d and O6e: who has one, what it rests on, and what is never told."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.duration_indicators import duration_indicators

PEERS = {"A2b": ["2024"], "A5": ["2024"], "O12a": ["2024"], "O6c": ["2024", "2023-2024"]}
STATUSES = {
    ("departement", "01"): "calcule",
    ("departement", "02"): "calcule",
    ("departement", "03"): "non_mesurable",
    ("departement", "04"): "non_recu",
    ("association", "demo-01"): "calcule",
}


def mart() -> pd.DataFrame:
    rows = [
        {"indicateur": peer, "periode": period, "niveau": level, "code": code, "statut": status}
        for peer, periods in PEERS.items()
        for period in periods
        for (level, code), status in STATUSES.items()
        if level == "departement" or peer in ("O12a", "O6c")
    ]
    return pd.DataFrame(rows).assign(ventilation="", mesure="nombre")


def delays(step: str = "transmission_validation") -> pd.DataFrame:
    """01: forty files, one a day, every fourth refused; 02: five files; 03 and 04: files that cannot tell."""
    parts = []
    for code, n in (("01", 40), ("02", 5), ("03", 30)):
        issue = np.where(np.arange(n) % 4 == 3, "refus", "franchie")
        parts.append(pd.DataFrame({"territoire": code, "duree_jours": np.arange(1, n + 1), "issue": issue}))
    rows = pd.concat(parts, ignore_index=True).assign(etape=step, association="demo-01")
    unknown = rows.iloc[:2].assign(issue="inconnue", duree_jours=None)
    return pd.concat([rows, unknown], ignore_index=True).astype({"duree_jours": "Int64"})


def pairs() -> pd.DataFrame:
    """01: sixty pairs begun on 1 March, half ended in November; twenty older, seen from 1 January."""
    begun = date(2024, 3, 1)
    ended = [begun + timedelta(days=250)] * 30 + [date(2024, 12, 31)] * 30
    rows = pd.DataFrame({"date_debut": begun, "debut_observation": begun, "fin_exposition": ended})
    rows = rows.assign(est_fin_observee=[True] * 30 + [False] * 30)
    older = pd.DataFrame(
        {
            "date_debut": [date(2023, 6, 1)] * 20,
            "debut_observation": date(2024, 1, 1),
            "fin_exposition": date(2024, 12, 31),
            "est_fin_observee": False,
        }
    )
    return pd.concat([rows, older], ignore_index=True).assign(territoire="01", association="demo-01", nature="mentorat")


def row(table: pd.DataFrame, **key: str) -> pd.Series:
    found = table[(table[list(key)] == pd.Series(key)).all(axis=1)]
    assert len(found) == 1, key
    return found.iloc[0]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return duration_indicators(2024, delays(), pairs(), mart())


def test_the_share_that_crossed_and_its_interval(table: pd.DataFrame) -> None:
    cut = "etape=transmission_validation;horizon=30;issue="
    crossed = row(table, code="01", indicateur="O4b", ventilation=f"{cut}franchie")
    refused = row(table, code="01", indicateur="O4b", ventilation=f"{cut}refus")
    assert (crossed["valeur"], refused["valeur"]) == pytest.approx((23 / 40, 7 / 40))
    assert crossed["ic_bas"] < crossed["valeur"] < crossed["ic_haut"]
    assert (crossed["denominateur"], crossed["n_manquants"], crossed["unite"]) == (40, 2, "part")
    assert pd.isna(crossed["numerateur"])


def test_an_issue_that_nobody_had_is_nil_with_an_interval(table: pd.DataFrame) -> None:
    cut = "etape=transmission_validation;horizon=30;issue=sortie_ase"
    none = row(table, code="01", indicateur="O4b", ventilation=cut)
    assert (none["valeur"], none["ic_bas"], none["statut"]) == (0, 0, "calcule")
    assert none["ic_haut"] > 0


def test_the_median_is_read_among_all_files_begun(table: pd.DataFrame) -> None:
    found = row(table, code="01", indicateur="O4a", mesure="mediane", ventilation="etape=transmission_validation")
    assert found["valeur"] == 26.5  # flat at one half between the twentieth crossing and the next
    assert found["unite"] == "jours"


def test_too_few_files_are_not_told_and_never_nil(table: pd.DataFrame) -> None:
    thin = table[table["code"].eq("02")]
    assert set(thin["statut"]) == {"non_mesurable"}
    assert thin[["valeur", "ic_bas", "ic_haut", "denominateur"]].isna().all(axis=None)


def test_every_territory_has_its_rows_with_the_status_of_its_files(table: pd.DataFrame) -> None:
    counts = table[table["niveau"].eq("departement")].groupby("code").size()
    assert len(set(counts)) == 1
    assert list(counts.index) == ["01", "02", "03", "04"]
    assert set(table.loc[table["code"].eq("03"), "statut"]) == {"non_mesurable"}
    assert set(table.loc[table["code"].eq("04"), "statut"]) == {"non_recu"}
    assert table.loc[table["statut"] != "calcule", "valeur"].isna().all()


def test_the_country_leaves_out_territories_that_cannot_tell_and_counts_them(table: pd.DataFrame) -> None:
    whole = row(table, niveau="national", indicateur="O4a", mesure="q1", ventilation="etape=transmission_validation")
    assert (whole["denominateur"], whole["n_manquants"]) == (45, 2)


def test_associations_have_only_the_steps_that_begin_once_they_are_named(table: pd.DataFrame) -> None:
    steps = table[table["niveau"].eq("association") & table["indicateur"].eq("O4a")]["ventilation"]
    assert set(steps) == {"etape=transmission_validation", "etape=validation_lancement"}


def test_pairs_begun_before_the_first_campagne_are_at_risk_only_once_seen(table: pd.DataFrame) -> None:
    six_months = row(table, code="01", indicateur="O6d", periode="2024", ventilation="horizon=183")
    assert (six_months["valeur"], six_months["denominateur"]) == (1, 80)
    # 30 of the 60 begun in March, and none of the 20 older ones (then aged 214 to 579 days), end on their 251st day.
    year = row(table, code="01", indicateur="O6d", periode="2024", ventilation="horizon=365")
    assert year["valeur"] == pytest.approx(50 / 80)


def test_the_school_year_stops_on_31_august(table: pd.DataFrame) -> None:
    found = row(table, code="01", indicateur="O6d", periode="2023-2024", ventilation="horizon=365")
    assert found["valeur"] == 1


def test_a_pair_whose_end_is_unknown_is_counted_apart() -> None:
    lost = pairs()
    lost.loc[0, "fin_exposition"] = None
    found = duration_indicators(2024, delays(), lost, mart())
    assert row(found, code="01", indicateur="O6d", periode="2024", ventilation="horizon=183")["n_manquants"] == 1


def test_sponsorship_is_no_mentoring_and_order_changes_nothing(table: pd.DataFrame) -> None:
    more = pd.concat([pairs(), pairs().assign(nature="parrainage")], ignore_index=True).sample(frac=1, random_state=1)
    again = duration_indicators(2024, delays().sample(frac=1, random_state=1), more, mart())
    pd.testing.assert_frame_equal(table, again)


def test_nothing_received_is_said_and_empty() -> None:
    nothing = duration_indicators(2024, delays().iloc[:0], pairs().iloc[:0], mart().assign(statut="non_recu"))
    assert set(nothing["statut"]) == {"non_recu"}
    assert nothing["valeur"].isna().all()
