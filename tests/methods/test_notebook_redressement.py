"""The notebook of the national totals, executed on released tables alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentorat import reference
from mentorat.disclosure import national
from mentorat.lake import write_parquet
from mentorat.survey.national import reference_frame
from mentorat.survey.national_tables import COUNTED, Marts, national_tables
from tests.methods import notebook_pages
from tests.methods.notebook_pages import assert_well_made, plain


def made(folder: Path, *, answering: int | None = None) -> str:
    """The page, from marts where three collectivités out of 97 sent nothing, or all but the first `answering`."""
    frame = reference_frame().table
    codes = [code for code in frame["collectivite"] if code not in {"20R", "6AE"}]
    rng = np.random.default_rng(5)
    counts = (frame.set_index("collectivite")["mesures"].loc[codes] * 0.02 * rng.gamma(9, 1 / 9, len(codes))).round()
    figures = pd.DataFrame(
        [
            {
                "indicateur": indicateur, "periode": "2024", "niveau": "departement", "code": code, "ventilation": "",
                "mesure": "nombre", "numerateur": int(counts[code]), "denominateur": 0, "statut": "calcule",
            }
            for indicateur in ("O1", "O2", "A1")
            for code in codes
        ]
    )  # fmt: skip
    answered = [code for code in codes if code not in {"02", "19", "34"}]
    senders = pd.DataFrame(
        [("collectivite", code, "dossiers_mentorat", True, "oui") for code in answered[:answering]],
        columns=["type_emetteur", "code", "source", "est_recue", "exhaustif"],
    )
    pairs = pd.DataFrame(
        [(f"{code}{rank}", code, "mentorat", True) for code in codes for rank in range(int(counts[code]))],
        columns=["id_personne", "territoire", "nature", "est_actif_fin_campagne"],
    )
    nothing = pd.DataFrame(columns=["indicateur", "code"])
    truth = {code: {"mentores": int(counts[code]), "eligibles": int(counts[code])} for code in codes}
    truth |= {code: {"mentores": 60, "eligibles": 60} for code in ("20R", "6AE")}
    tables = national_tables(2024, Marts(figures, senders, nothing, pairs, truth), reference.load("territoires"))
    hidden = {total: {"partenaire": set(), "public": set()} for total in COUNTED}
    for released in (
        national.release_national(tables.redressement, tables.reponses, hidden, "partenaire"),
        national.release_strata(tables.strates, "partenaire"),
        national.release_missing(tables.manquants, "partenaire"),
        national.release_residuals(tables.residus, hidden, "partenaire"),
    ):
        write_parquet(released.frame, folder / f"{released.name}.parquet")
    return plain(notebook_pages.page("03_redressement", folder))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("diffusion"))


def test_with_too_few_answers_the_page_says_why_there_is_no_total(tmp_path: Path) -> None:
    page = made(tmp_path, answering=2)
    assert "il en faut au moins 3" in page
    assert "intervalle à 95 % : de" not in page


def test_the_page_tells_the_total_its_condition_and_what_is_missing(page: str) -> None:
    for told in (
        "94 collectivités sur 99 ont répondu",
        "si, dans chaque strate, les collectivités sans réponse ressemblent aux autres",
        "Hérault",
        "vérité simulée",
        "Mayotte",
    ):
        assert told in page, told


def test_the_page_is_well_made(page: str) -> None:
    assert_well_made(page)
    assert page.count("<svg") >= 2
