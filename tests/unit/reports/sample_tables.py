"""Small released tables, as the disclosure door would hand them over, for the tests of the reports."""

from typing import Any

import pandas as pd

from mentorat.causal.effect_tables import EFFETS, typed
from mentorat.disclosure.door import ReleasedTable, open_door
from mentorat.disclosure.rules import Audience

CAMPAGNE = 2024
SIMULATION = {
    "simule": True,
    "mention": "Données simulées",
    "campagne": CAMPAGNE,
    "graine": 2024,
    "jeunes": 87500,
    "facteur_echelle": 0.25,
    "hypotheses": ["Mayotte n'est pas simulée."],
}
PLACES = {"01": 1200, "04": 0, "07": 800, "48": 90, "67": 2100, "68": 1500, "2A": 200, "2B": 210}
SILENT, UNMEASURED, SECRET = "04", "07", "48"
COLUMNS = [
    "campagne",
    "periode",
    "niveau",
    "code",
    "indicateur",
    "ventilation",
    "mesure",
    "numerateur",
    "denominateur",
    "valeur",
    "ic_bas",
    "ic_haut",
    "unite",
    "n_manquants",
    "statut",
    "diffusion",
]


def released(frame: pd.DataFrame, name: str, audience: Audience) -> ReleasedTable:
    """`frame` as if it had been protected."""
    return open_door(
        frame,
        name=name,
        audience=audience,
        rule_ids=["essai"],
        threshold=5,
        cells=len(frame),
        primary=0,
        secondary=0,
        reason="essai",
    )


def row(niveau: str, code: str, indicateur: str, **values: Any) -> dict[str, Any]:
    """One row of the mart, a plain count unless said otherwise."""
    filled = {
        "campagne": CAMPAGNE,
        "periode": str(CAMPAGNE),
        "niveau": niveau,
        "code": code,
        "indicateur": indicateur,
        "ventilation": "",
        "mesure": "nombre",
        "unite": "jeunes",
        "n_manquants": 0,
        "statut": "calcule",
        "diffusion": "publie",
    } | values
    if filled["statut"] != "calcule":
        filled |= {"numerateur": None, "denominateur": None, "valeur": None, "n_manquants": None}
    return {name: filled.get(name) for name in COLUMNS}


def _rows_of(niveau: str, code: str, size: int) -> list[dict[str, Any]]:
    silent = {"statut": "non_recu"} if code == SILENT else {}
    unmeasured = {"statut": "non_mesurable"} if code == UNMEASURED else silent
    hidden = {"diffusion": "secret", "numerateur": None, "valeur": None} if code == SECRET else {}
    pairs = size // 8
    counts = {"A1": size, "A1JM": size // 10, "A2b": size // 2, "A3": size // 3, "A3D": size // 30, "O1": pairs // 2}
    rows = [
        row(niveau, code, name, **({"numerateur": n, "valeur": n} | (unmeasured if name == "A1" else silent)))
        for name, n in counts.items()
    ]
    rows.append(row(niveau, code, "O2", **({"numerateur": pairs, "valeur": pairs} | hidden | silent)))
    rows.append(
        row(niveau, code, "O1", periode="2023-2024", **({"numerateur": pairs // 3, "valeur": pairs // 3} | silent))
    )
    for name, share in (("A2b", 2), ("A3", 3)):
        ratio = {"numerateur": size // share, "denominateur": size, "valeur": round(1 / share, 6)}
        rows.append(row(niveau, code, name, mesure="part", **(ratio | silent)))
    coverage = {"numerateur": pairs, "denominateur": size // 2, "valeur": 0.25}
    rows.append(
        row(niveau, code, "O3", mesure="part", ventilation="base=confies_11_17", **(coverage | hidden | unmeasured))
    )
    for sexe in "FG":
        rows.append(
            row(
                niveau,
                code,
                "A1",
                ventilation=f"sexe={sexe}",
                **({"numerateur": size // 2, "valeur": size // 2} | silent),
            )
        )
    return rows


def indicator_frame() -> pd.DataFrame:
    """Rows of eight territories, two collectivités and the country."""
    rows = [found for code, size in PLACES.items() for found in _rows_of("departement", code, size)]
    rows += _rows_of("collectivite", "6AE", 3600) + _rows_of("collectivite", "20R", 410)
    rows += [item | {"n_manquants": 2} for item in _rows_of("national", "FR", 6100)]
    aim = {"numerateur": 760, "denominateur": 7500, "valeur": -6740}
    rows.append(row("national", "FR", "O3", mesure="ecart", ventilation="base=suivis_350000", **aim))
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        {"numerateur": "Int64", "denominateur": "Int64", "n_manquants": "Int64", "valeur": "float64"}
    )


def public_frame() -> pd.DataFrame:
    """What the public receives: the country, and the totals of territories."""
    frame = indicator_frame()
    totals = (frame["niveau"] == "departement") & ~frame["ventilation"].str.startswith("sexe=")
    return frame[(frame["niveau"] == "national") | totals]


def receptions() -> pd.DataFrame:
    """One row a territory and source."""
    return pd.DataFrame(
        [
            {
                "territoire": code,
                "source": source,
                "recu": code != SILENT,
                "exhaustif": "partiel",
                "lignes_recues": 1234,
                "lignes_acceptees": 1230,
                "lignes_ecartees": 4,
            }
            for code in PLACES
            for source in ("mesures_ase", "dossiers_mentorat")
        ]
    )


def effects(label: str = "Se sentir seul") -> pd.DataFrame:
    """Two estimated items, in the columns of the released table."""
    common = {
        "source": "enquete",
        "role": "principale",
        "n_mentores": 1400,
        "n_non_mentores": 1380,
        "p_holm": 0.02,
        "smd_max_avant": 0.42,
        "smd_max_apres": 0.002,
        "avertissements": "",
        "preuve": "non concluant",
    }
    gaps = ("ecart_naif", "naif_ic_bas", "naif_ic_haut", "att", "ic_bas", "ic_haut")
    items = [
        ("projection_direction", "Se voir occuper un poste de direction", (0.13, 0.09, 0.17, 0.05, 0.01, 0.09)),
        ("se_sent_seul", label, (-0.088, -0.13, -0.04, -0.02, -0.06, 0.02)),
    ]
    rows = [
        {"issue": item, "libelle": text, "famille": "principale", "phrase": f"« {text} » : phrase de l'effet."}
        | dict(zip(gaps, values, strict=True))
        | common
        for item, text, values in items
    ]
    return typed(rows, EFFETS).assign(diffusion="publie")


def differences() -> pd.DataFrame:
    """One item that only the mentored are asked."""
    return pd.DataFrame(
        [
            {
                "item": "envie_reussir",
                "libelle": "Avoir davantage envie de réussir",
                "n_mentores": 1400,
                "n_manquants_mentores": 60,
                "part_mentores": 0.71,
                "ic_bas_mentores": 0.686,
                "ic_haut_mentores": 0.733,
                "n_non_mentores": None,
                "diffusion": "publie",
            }
        ]
    )


def study() -> pd.DataFrame:
    """Three items of the published study, as `etude_2022.csv` gives them."""
    columns = [
        "item",
        "pct_mentores",
        "pct_non_mentores",
        "ecart_points",
        "ic_bas",
        "ic_haut",
        "p_chi2",
        "risque_relatif",
    ]
    return pd.DataFrame(
        [
            ("envie_reussir", 71, None, None, None, None, None, None),
            ("projection_direction", 30, 17, 12.8, 3.8, 21.7, 0.0055, 1.74),
            ("se_sent_seul", 24, 33, -8.8, -18.2, 0.8, 0.073, 0.73),
            ("absences_injustifiees", None, None, None, None, None, None, 0.33),
        ],
        columns=columns,
    )


def flow() -> pd.DataFrame:
    """Population, one exclusion hidden, one group."""
    return pd.DataFrame(
        {
            "ordre": [1, 2, 3],
            "etape": ["population", "majeurs", "mentores"],
            "nature": ["ensemble", "exclusion", "groupe"],
            "libelle": ["Jeunes pris en charge dans l'année", "Majeurs", "Jeunes mentorés"],
            "effectif": pd.array([6100, None, 760], dtype="Int64"),
        }
    )


def national_totals(**changes: Any) -> pd.DataFrame:
    """Schema of the released table `redressement`: O3r by both estimators."""
    row = {
        "indicateur": "O3r", "libelle": "Couverture, ligne redressée", "unite": "jeunes", "estimation": 7_560.0,
        "ic_bas": 7_330.0, "ic_haut": 7_790.0, "n_reponses": 88, "n_collectivites": 99, "part_accueils": 0.921,
        "observe": 6_980.0, "connu": 7_030.0, "base": 87_500.0, "part": 0.0864, "part_bas": 0.0838, "part_haut": 0.089,
        "objectif": 7_500.0, "ecart": 60.0, "ecart_bas": -170.0, "ecart_haut": 290.0, "arrondi": 10.0,
        "annee_drees": 2022, "exclues": "Mayotte", "avertissements": "Hors de l'estimation : Mayotte.",
        "condition": "si, dans chaque strate, les collectivités sans réponse ressemblent aux autres",
        "verite_simulee": 7_540, "statut": "calcule", "diffusion": "publie",
    }  # fmt: skip
    return pd.DataFrame([row | {"estimateur": estimator} | changes for estimator in ("ratio", "calage")])
