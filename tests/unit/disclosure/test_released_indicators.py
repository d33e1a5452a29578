"""The mart of indicators, released: what each audience sees, and that nothing hidden comes back by a linked figure."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mentorat.disclosure.door import ReleasedTable
from mentorat.disclosure.indicators import release_indicators
from mentorat.errors import PublicationStopped

ROW = ["campagne", "periode", "niveau", "code", "indicateur", "ventilation", "mesure"]
COLUMNS = [*ROW, "numerateur", "denominateur", "valeur", "ic_bas", "ic_haut", "unite", "n_manquants", "statut"]


def mart(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows given as (code, indicateur, ventilation, numerateur, denominateur or None)."""
    filled = []
    for code, indicateur, ventilation, x, n in rows:
        niveau = {"FR": "national", "20R": "collectivite", "6AE": "collectivite"}.get(str(code), "departement")
        measure = "nombre" if n is None else "part"
        value = np.nan if x is None else float(x) if n is None else round(x / n, 6) if n else np.nan
        head = (2024, "2024", niveau, code, indicateur, ventilation, measure)
        filled.append((*head, x, n, value, value, value, "jeunes", 0, "non_recu" if x is None else "calcule"))
    frame = pd.DataFrame(filled, columns=COLUMNS)
    return frame.astype({"numerateur": "Int64", "denominateur": "Int64", "n_manquants": "Int64"})


def read(table: ReleasedTable, code: str, indicateur: str, ventilation: str = "", mesure: str = "nombre") -> pd.Series:
    frame = table.frame
    match = (frame[["code", "indicateur", "ventilation", "mesure"]] == [code, indicateur, ventilation, mesure]).all(
        axis=1
    )
    assert match.sum() == 1
    return frame[match].iloc[0]


def is_hidden(row: pd.Series) -> bool:
    return row["diffusion"] == "secret" and pd.isna(row["valeur"]) and pd.isna(row["ic_bas"])


@pytest.fixture(scope="module")
def released(france: pd.DataFrame) -> dict[str, ReleasedTable]:
    return {audience: release_indicators(france, audience) for audience in ("partenaire", "public")}


def test_thresholds_are_five_for_a_partner_and_eleven_for_the_public() -> None:
    table = mart(("01", "A1JM", "", 4, None), ("02", "A1JM", "", 5, None), ("03", "A1JM", "", 11, None))
    seen = {audience: release_indicators(table, audience) for audience in ("partenaire", "public")}
    hidden = {
        audience: [code for code in ("01", "02", "03") if is_hidden(read(seen[audience], code, "A1JM"))]
        for audience in seen
    }
    assert hidden == {"partenaire": ["01"], "public": ["01", "02"]}


def test_the_nation_does_not_give_back_the_one_hidden_territory() -> None:
    table = mart(
        ("01", "O1", "", 3, None), ("02", "O1", "", 40, None), ("03", "O1", "", 90, None), ("FR", "O1", "", 133, None)
    )
    seen = release_indicators(table, "public")
    assert [is_hidden(read(seen, code, "O1")) for code in ("01", "02", "03", "FR")] == [True, True, False, False]


def test_corsica_does_not_give_back_one_of_its_departements() -> None:
    table = mart(("2A", "O1", "", 3, None), ("2B", "O1", "", 40, None), ("20R", "O1", "", 43, None))
    seen = release_indicators(table, "partenaire")
    assert [is_hidden(read(seen, code, "O1")) for code in ("2A", "2B", "20R")] == [True, True, False]


def test_the_few_eligible_under_eleven_are_not_told_by_the_base_of_coverage() -> None:
    """62 has 1 424 eligible young people and 1 423 of them aged 11 to 17: their difference is one child."""
    base = "base=pris_en_charge_11_17"
    table = mart(("62", "A1", "", 1424, None), ("62", "O3", base, 186, 1423), ("13", "O3", base, 186, 1147))
    seen = release_indicators(table, "partenaire")
    assert not is_hidden(read(seen, "62", "A1"))
    assert is_hidden(read(seen, "62", "O3", base, "part"))
    assert pd.isna(read(seen, "62", "O3", base, "part")["denominateur"])
    assert not is_hidden(read(seen, "13", "O3", base, "part"))


def test_a_ventilation_and_the_two_bases_of_coverage_do_not_tell_a_few_children() -> None:
    """71 eligible, 36 followed at home of whom 35 aged 11 to 17 (71 − 36): one child under 11 at home."""
    wide, narrow = "base=pris_en_charge_11_17", "base=confies_11_17"
    table = mart(
        ("48", "A1", "", 171, None),
        ("48", "A1", "accueil=milieu_ouvert", 36, None),
        ("48", "A1", "accueil=famille", 135, None),
        ("48", "O3", wide, 30, 160),
        ("48", "O3", narrow, 20, 125),
    )
    seen = release_indicators(table, "partenaire").frame
    home = seen.loc[seen["ventilation"] == "accueil=milieu_ouvert", "numerateur"]
    bases = seen.loc[seen["indicateur"] == "O3", "denominateur"]
    assert home.isna().any() or bases.isna().any()


def test_a_share_goes_with_its_number_and_its_base_may_stay() -> None:
    table = mart(("01", "A1", "", 200, None), ("01", "A3", "", 3, None), ("01", "A3", "", 3, 200))
    seen = release_indicators(table, "partenaire")
    share = read(seen, "01", "A3", mesure="part")
    assert is_hidden(share) and pd.isna(share["numerateur"]) and share["denominateur"] == 200
    assert is_hidden(read(seen, "01", "A3"))
    assert not is_hidden(read(seen, "01", "A1"))


@pytest.mark.parametrize("evaluated", [0, 100, 98])
def test_zero_per_cent_hundred_per_cent_and_a_small_complement_are_protected(evaluated: int) -> None:
    table = mart(("01", "A2b", "", evaluated, 100), ("02", "A2b", "", 40, 90))
    seen = release_indicators(table, "partenaire")
    assert is_hidden(read(seen, "01", "A2b", mesure="part"))
    assert not is_hidden(read(seen, "02", "A2b", mesure="part"))


def test_a_zero_without_a_base_is_plain_information() -> None:
    seen = release_indicators(mart(("01", "O1", "", 0, None), ("02", "O1", "", 50, None)), "public")
    assert read(seen, "01", "O1")["valeur"] == 0


def test_an_empty_category_is_protected_where_others_are_not_empty() -> None:
    table = mart(
        ("01", "A1", "", 60, None),
        ("01", "A1", "sexe=F", 60, None),
        ("01", "A1", "sexe=G", 0, None),
        ("02", "A1", "", 0, None),
        ("02", "A1", "sexe=F", 0, None),
        ("02", "A1", "sexe=G", 0, None),
    )
    seen = release_indicators(table, "partenaire")
    assert is_hidden(read(seen, "01", "A1", "sexe=G")) and is_hidden(read(seen, "01", "A1", "sexe=F"))
    assert read(seen, "02", "A1", "sexe=G")["valeur"] == 0


def test_nothing_is_learnt_from_categories_when_all_are_unknown_or_when_the_country_has_none() -> None:
    table = mart(
        ("01", "O2", "", 58, None),
        ("01", "O2", "sexe=F", 0, None),
        ("01", "O2", "sexe=inconnu", 58, None),
        ("FR", "A1", "", 90, None),
        ("FR", "A1", "tranche_age=11-13", 90, None),
        ("FR", "A1", "tranche_age=moins_de_11", 0, None),
    )
    assert (release_indicators(table, "partenaire").frame["diffusion"] == "publie").all()


def test_a_row_left_out_of_a_ventilation_is_the_zero_it_tells() -> None:
    table = mart(
        ("01", "A1", "", 60, None),
        ("01", "A1", "sexe=F", 60, None),
        ("02", "A1", "", 70, None),
        ("02", "A1", "sexe=F", 30, None),
        ("02", "A1", "sexe=G", 40, None),
    )
    seen = release_indicators(table, "partenaire")
    assert is_hidden(read(seen, "01", "A1", "sexe=G")) and is_hidden(read(seen, "01", "A1", "sexe=F"))


def test_a_count_shown_under_two_names_is_hidden_under_both() -> None:
    """The number of eligible young people, and the base of a share of them."""
    rows = [("01", "A1", "", 4, None), ("01", "A2b", "", 2, 4), ("02", "A1", "", 70, None), ("02", "A2b", "", 30, 70)]
    share = read(release_indicators(mart(*rows), "partenaire"), "01", "A2b", mesure="part")
    assert is_hidden(share) and pd.isna(share["denominateur"])


def test_no_running_pair_would_tell_that_no_young_person_has_one() -> None:
    table = mart(
        ("01", "O2", "", 0, None),
        ("01", "O3", "base=confies_11_17", 0, 50),
        ("02", "O2", "", 41, None),
        ("02", "O3", "base=confies_11_17", 40, 300),
    )
    assert is_hidden(read(release_indicators(table, "partenaire"), "01", "O2"))


def test_a_base_known_to_all_is_never_hidden_and_its_gap_follows_the_number() -> None:
    rows = mart(("FR", "O3", "base=suivis_350000", 3, 350_000))
    gap = rows.assign(mesure="ecart", ventilation="", denominateur=30_000, valeur=-29_997.0)
    seen = release_indicators(pd.concat([rows, gap], ignore_index=True), "public")
    share = read(seen, "FR", "O3", "base=suivis_350000", "part")
    assert is_hidden(share) and share["denominateur"] == 350_000
    assert is_hidden(read(seen, "FR", "O3", mesure="ecart"))


def test_a_few_missing_answers_are_a_count_too() -> None:
    table = mart(("01", "A1", "", 60, None)).assign(n_manquants=pd.array([3], dtype="Int64"))
    row = release_indicators(table, "partenaire").frame.iloc[0]
    assert pd.isna(row["n_manquants"]) and row["valeur"] == 60


def test_a_territory_that_sent_nothing_keeps_its_words_and_has_no_cell(released: dict[str, ReleasedTable]) -> None:
    frame = released["public"].frame
    silent = frame[frame["statut"] == "non_recu"]
    assert len(silent) == 6 and (silent["diffusion"] == "publie").all() and silent["valeur"].isna().all()


def test_what_the_public_sees_the_partner_sees(released: dict[str, ReleasedTable]) -> None:
    both = released["public"].frame.merge(released["partenaire"].frame, on=ROW, suffixes=("", "_partenaire"))
    assert len(both) == len(released["public"].frame)
    for count in ("numerateur", "denominateur", "valeur", "n_manquants"):
        seen = both[both[count].notna()]
        assert (seen[count] == seen[f"{count}_partenaire"]).all()


def test_visible_figures_are_the_true_ones_and_every_row_is_kept(
    france: pd.DataFrame, released: dict[str, ReleasedTable]
) -> None:
    both = released["partenaire"].frame.merge(france, on=ROW, suffixes=("", "_vrai"))
    assert len(both) == len(france) == len(released["partenaire"].frame)
    for count in ("numerateur", "denominateur", "valeur"):
        seen = both[both[count].notna()]
        assert (seen[count] == seen[f"{count}_vrai"]).all()


def test_the_public_gets_the_nation_and_the_totals_of_territories(released: dict[str, ReleasedTable]) -> None:
    frame = released["public"].frame
    local = frame[frame["niveau"] != "national"]
    assert set(local["niveau"]) == {"departement"}
    assert set(local["ventilation"]) == {"", "base=confies_11_17", "base=pris_en_charge_11_17"}


def test_no_small_count_is_visible(released: dict[str, ReleasedTable]) -> None:
    for audience, threshold in {"partenaire": 5, "public": 11}.items():
        frame = released[audience].frame
        for count in ("numerateur", "denominateur"):
            assert not frame[count].between(1, threshold - 1).any()
        rest = (frame["denominateur"] - frame["numerateur"])[frame["mesure"] == "part"]
        assert not rest.between(0, threshold - 1).any()


def test_most_figures_stay_visible(released: dict[str, ReleasedTable]) -> None:
    for table in released.values():
        national = table.frame[table.frame["niveau"] == "national"]
        assert (national["diffusion"] == "publie").all()
        assert (table.frame["diffusion"] == "publie").mean() > 0.6


def test_the_order_of_rows_changes_nothing(drawn: Callable[..., pd.DataFrame]) -> None:
    small = drawn(seed=2, territories=["01", "2A", "2B"], scale=0.2)
    mixed = small.sample(frac=1, random_state=1)
    one, other = release_indicators(small, "public"), release_indicators(mixed, "public")
    assert one.audit == other.audit


def test_a_measure_without_a_rule_stops_publication() -> None:
    with pytest.raises(PublicationStopped, match="mediane"):
        release_indicators(mart(("01", "O4", "", 60, None)).assign(mesure="mediane"), "public")


def test_a_ventilation_without_a_rule_stops_publication() -> None:
    with pytest.raises(PublicationStopped, match="taille"):
        release_indicators(mart(("01", "A1", "taille=petite", 60, None)), "public")


def test_the_base_of_a_share_is_the_count_it_is_even_where_more_territories_have_that_count() -> None:
    """02 gave no proposal: the nations differ, the base of 01 is still its number of eligible young people."""
    table = mart(
        ("01", "A1", "", 40, None),
        ("03", "A1", "", 3, None),
        ("02", "A1", "", 70, None),
        ("FR", "A1", "", 113, None),
        ("01", "A3", "", 12, 40),
        ("02", "A3", "", None, None),
        ("03", "A3", "", 1, 3),
        ("FR", "A3", "", 13, 43),
    )
    seen = release_indicators(table, "partenaire")
    bases = {code: read(seen, code, "A3", mesure="part")["denominateur"] for code in ("01", "FR")}
    assert pd.isna(read(seen, "01", "A1")["valeur"]) == pd.isna(bases["01"])
    assert not (pd.notna(bases["01"]) and pd.notna(bases["FR"]))


def test_a_measure_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        release_indicators(mart(("01", "A1", "", 60, None), ("01", "A1", "", 60, None)), "public")


def test_the_audit_says_what_was_done(released: dict[str, ReleasedTable]) -> None:
    audit = released["public"].audit
    assert audit["threshold"] == 11 and audit["rules"][0] == "seuil_public"
    assert 0 < audit["hidden_primary"] < audit["cells"] and len(audit["sha256"]) == 64


def test_the_difference_of_nested_counts_is_a_count() -> None:
    """27 young people with a pair, 25 of them in a placement: 2 are followed at home."""
    bases = {"base=confies_11_17": (25, 300), "base=pris_en_charge_11_17": (27, 500)}
    table = mart(*(("01", "O3", base, x, n) for base, (x, n) in bases.items()))
    seen = release_indicators(table, "partenaire")
    hidden = [is_hidden(read(seen, "01", "O3", base, "part")) for base in bases]
    assert hidden.count(True) == 1
