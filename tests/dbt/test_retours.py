"""Rows that go back to senders: the same as the indicator counts, in their own references, and nowhere else."""

import pandas as pd
import pytest

from tests.dbt.conftest import CAMPAGNE, PROPRE


def _rendu(build, name: str) -> pd.DataFrame:
    return pd.read_parquet(build.lake / "pilotage" / "rendus" / str(CAMPAGNE) / f"{name}.parquet")


def test_the_files_told_to_a_sender_are_those_of_the_indicator(build):
    told = _rendu(build, "retours_dossiers_bloques")
    for indicateur, seuil in (("O12a", 30), ("O12b", 60), ("O12c", 90)):
        for dep in ("01", "02", "04", "05"):
            own = told[told["emetteur"] == f"departement-{dep}"]
            assert build.indicateur(dep, indicateur)["numerateur"] == (own["depuis_jours"] >= seuil).sum(), dep


def test_a_waiting_file_says_who_must_act(build):
    told = _rendu(build, "retours_dossiers_bloques")
    # d2 waits for a mentor since 1 February, d4 is postponed since 15 June; extracted on 1 February 2025
    own = told[told["emetteur"] == "departement-01"].set_index("id_dossier")
    assert own["acteur"].to_dict() == {f"{PROPRE}d2": "association", f"{PROPRE}d4": "departement"}
    assert own.loc[f"{PROPRE}d2", "depuis_jours"] == (pd.Timestamp("2025-02-01") - pd.Timestamp("2024-02-01")).days


def test_a_check_due_is_told_by_the_receivers_own_reference(build):
    """m-b1 was checked on 20 January 2024, m-b7's pair is over: one pair is due, told by its file and by its pair."""
    told = _rendu(build, "retours_controles_a_echeance").set_index("emetteur")
    assert told.loc["departement-01", "reference"] == f"{PROPRE}d1"
    assert told.loc["association-demo-01", "reference"] == f"{PROPRE}b1"
    assert set(told["situation"]) == {"a_echeance"}
    assert set(told["echeance"].astype(str)) == {"2025-01-20"}


def test_a_silent_pair_is_told_to_the_sender_of_its_sessions(build):
    told = _rendu(build, "retours_binomes_sans_seance")
    assert told[["emetteur", "id_binome", "depuis_jours"]].values.tolist() == [
        # its last session was on 14 February; b1 met in December
        ["association-demo-01", f"{PROPRE}b70", 321]
    ]


@pytest.mark.parametrize("name", ["dossiers_bloques", "controles_a_echeance", "binomes_sans_seance"])
def test_a_sender_gets_its_own_references_alone(build, name):
    told = _rendu(build, f"retours_{name}")
    reference = "id_dossier" if name == "dossiers_bloques" else "id_binome" if "seance" in name else "reference"
    sent = {
        (row["depose_par"], row[column])
        for source, column in (("dossiers_mentorat", "id_dossier"), ("binomes", "id_binome"))
        for _, row in pd.read_parquet(build.lake / "pilotage" / source / f"{CAMPAGNE}.parquet").iterrows()
    }
    assert len(told) > 0
    assert set(zip(told["emetteur"], told[reference], strict=True)) <= sent
    assert not any(column.startswith(("id_jeune", "id_mentor", "mentor")) for column in told)


def test_no_reference_of_a_sender_reaches_a_mart_nor_the_warehouse(build):
    import duckdb

    for path in sorted((build.lake / "marts" / str(CAMPAGNE)).glob("*.parquet")):
        text = pd.read_parquet(path).select_dtypes(["object", "string"]).astype(str)
        assert not text.apply(lambda column: column.str.contains(PROPRE, regex=False)).to_numpy().any(), path.name
    # views, never tables: what is stored of the warehouse holds none
    with duckdb.connect(str(build.lake.parent / "warehouse.duckdb"), read_only=True) as connection:
        kinds = connection.execute(
            "select distinct table_type from information_schema.tables where table_name like 'retours_%'"
        ).fetchall()
    assert kinds == [("VIEW",)]
    assert PROPRE.encode() not in (build.lake.parent / "warehouse.duckdb").read_bytes()
