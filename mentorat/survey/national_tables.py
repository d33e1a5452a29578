"""The national totals of a campagne as tables: who answered, each total by two estimators, what a missing answer costs.

A collectivité answers where the count is whole: its own files of the legal chain (S2, unless it declares them not
exhaustive), or for pairs its aggregated return (S16), and the figure is « calcule » in the mart. Pairs that
associations alone tell of a collectivité without answer are a part of what happens there: they are known, and the total
cannot be under what is known, but they are no answer. An aggregated return counts pairs, not young people: it answers
for the first, not for the second. Eligible young people are answered by S1, which the mart's status says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mentorat.contracts.catalogue import estimated
from mentorat.contracts.indicator_rows import estimated_rows
from mentorat.survey.design import SurveyError
from mentorat.survey.national import (
    CONDITION,
    METHODS,
    NationalFrame,
    NationalTotal,
    national_total,
    reference_frame,
    sensitivities,
)
from mentorat.typography import fr_number, fr_percent

COUNTED = {"O3r": "O2", "O2r": "O2", "O1r": "O1", "A1r": "A1"}
"""National total → indicator of the mart whose status, and whose count (young people apart), it rests on."""
YOUNG_PEOPLE = "O3r"
"""The total that counts young people where its indicator counts pairs."""
BY_FILES = frozenset({"O2", "O1"})
"""Indicators that files of a part of the senders count in part: only a whole count answers."""
BASE = "base=suivis_350000"
TRUTH = {"O3r": "mentores", "A1r": "eligibles"}
"""National total → its count by territory in the truth of a simulated dépôt."""
BOUNDS = ("estimation", "ic_bas", "ic_haut")


@dataclass(frozen=True)
class Marts:
    """What national totals read: marts of the campagne and, of a simulated dépôt (None on real data), the truth by
    territory, shown beside and never used, and how many collectivités it simulates."""

    indicateurs: pd.DataFrame
    collecte: pd.DataFrame
    rapprochement_agrege: pd.DataFrame
    binomes_retenus: pd.DataFrame
    truth: Mapping[str, Mapping[str, int]] | None = None
    simulated: int | None = None


@dataclass(frozen=True)
class NationalTables:
    """Tables of the lake: `redressement` (one row a total and estimator), `strates`, `manquants`, `residus`,
    `reponses` (collectivité by collectivité, with what each answer weighs in each figure), and `indicateurs`, rows of
    the mart's schema."""

    redressement: pd.DataFrame
    strates: pd.DataFrame
    manquants: pd.DataFrame
    residus: pd.DataFrame
    reponses: pd.DataFrame
    indicateurs: pd.DataFrame


def national_tables(
    campagne: int, marts: Marts, territoires: pd.DataFrame, frame: NationalFrame | None = None
) -> NationalTables:
    """Every national total of the catalogue, for `campagne`; one that too few collectivités allow is « non_mesurable »
    with the reason, and so is one of a dépôt that simulates a part of the country. `territoires`: reference table
    (territoire → collectivite)."""
    frame = frame or reference_frame()
    owners = dict(zip(territoires["territoire"], territoires["collectivite"], strict=True))
    base, objective = _aims(marts.indicateurs, campagne)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in ("strates", "manquants", "residus", "reponses")}
    rows: list[dict[str, Any]] = []
    for name in COUNTED:
        counts = collectivite_counts(campagne, marts, owners, name)
        inside = counts["collectivite"].isin(frame.table["collectivite"])
        common: dict[str, Any] = {
            "indicateur": name,
            "libelle": estimated()[name].libelle,
            "unite": estimated()[name].unite,
            "connu": float(counts.loc[inside, "connu"].sum()),
            "condition": CONDITION,
            "annee_drees": frame.year,
            "exclues": ", ".join(frame.excluded.values()),
            "verite_simulee": _truth(marts.truth, owners, frame, name),
        }
        answers = counts.set_index("collectivite")["reponse"]
        if name == YOUNG_PEOPLE:
            common |= {"base": base, "objectif": objective}
        try:
            _refuse_a_part_of_the_country(marts.simulated, frame)
            total = national_total(frame, answers, known=common["connu"])
        except SurveyError as error:
            asked = {"n_reponses": int(answers[inside.to_numpy()].notna().sum()), "n_collectivites": len(frame.table)}
            rows += [
                common | asked | {"estimateur": estimator, "statut": "non_mesurable", "avertissements": str(error)}
                for estimator in METHODS
            ]
            continue
        rows += [common | row for row in _rows(total)]
        for part, table in (("strates", total.strata), ("manquants", total.missing), ("residus", total.residuals)):
            parts[part].append(table.assign(indicateur=name))
        parts["reponses"].append(_weighed(frame, answers, counts).assign(indicateur=name))
    told = pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)
    return NationalTables(
        redressement=told,
        indicateurs=_indicator_rows(campagne, told),
        **{name: pd.concat(tables, ignore_index=True) if tables else _empty(name) for name, tables in parts.items()},
    )


_FIGURES = tuple(f"{method}_{bound}" for method in METHODS for bound in BOUNDS)
_COLUMNS = {
    "indicateur": "str",
    "libelle": "str",
    "unite": "str",
    "estimateur": "str",
    "estimation": "float64",
    "erreur_type": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "ddl": "float64",
    "n_reponses": "Int64",
    "n_collectivites": "Int64",
    "part_accueils": "float64",
    "observe": "float64",
    "connu": "float64",
    "base": "float64",
    "objectif": "float64",
    "annee_drees": "Int64",
    "exclues": "str",
    "condition": "str",
    "avertissements": "str",
    "statut": "str",
    "verite_simulee": "Int64",
}
_SHAPES = {
    "strates": ("strate", "libelle", "groupe", "n_collectivites", "n_reponses", "part_accueils", "indicateur"),
    "manquants": (
        "rang", "collectivite", "libelle", "groupe", "mesures", "reduction", "reduction_cumulee", "indicateur",
    ),
    "residus": ("collectivite", "groupe", "mesures", "residu", "indicateur"),
    "reponses": ("collectivite", "connu", "reponse", *_FIGURES, "observe", "indicateur"),
}  # fmt: skip
"""Columns of the tables of which a campagne without any total keeps the shape alone."""
_TEXTS = frozenset({"strate", "libelle", "groupe", "collectivite", "indicateur"})


def _empty(part: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str" if name in _TEXTS else "float64") for name in _SHAPES[part]})


def _refuse_a_part_of_the_country(simulated: int | None, frame: NationalFrame) -> None:
    """A dépôt that simulates some collectivités has a base and an objective of its own scale: there is no country to
    estimate. Raises SurveyError."""
    if simulated is not None and simulated < len(frame.table):
        raise SurveyError(
            f"Le dépôt simule {simulated} collectivités sur {len(frame.table)} : il n'a pas de total national. "
            "Simulez 40 000 jeunes ou plus pour l'avoir."
        )


def collectivite_counts(campagne: int, marts: Marts, owners: Mapping[str, str], name: str) -> pd.DataFrame:
    """One row a collectivité: collectivite, `connu` (what is counted there, 0 where nothing is), `reponse` (the count
    where it is whole, missing elsewhere). `name`: a key of `COUNTED`."""
    indicateur = COUNTED[name]
    rows = marts.indicateurs
    rows = rows[
        (rows["indicateur"] == indicateur)
        & (rows["periode"] == str(campagne))
        & (rows["ventilation"] == "")
        & (rows["mesure"] == "nombre")
        & rows["niveau"].isin(["departement", "collectivite"])
    ]
    told = rows.assign(
        collectivite=rows["code"].map(lambda code: owners.get(code, code)),
        compte=rows["numerateur"].astype("Float64").where(rows["statut"] == "calcule").astype("float64"),
    )
    several = set(told.loc[told["niveau"] == "collectivite", "collectivite"])
    parts = told[told["niveau"] == "departement"].groupby("collectivite")["compte"].sum()
    whole = told[told["niveau"].eq("collectivite") | ~told["collectivite"].isin(several)]
    counted = whole.set_index("collectivite")["compte"]
    found = pd.DataFrame({"connu": counted.fillna(parts).fillna(0.0), "reponse": counted}).rename_axis("collectivite")
    if name == YOUNG_PEOPLE:
        young = young_people(marts.binomes_retenus, owners).reindex(found.index, fill_value=0).astype(np.float64)
        # a collectivité known by its aggregated return alone has pairs, and no young person that can be counted
        found = pd.DataFrame({"connu": young, "reponse": young.where(found["reponse"].notna())})
    if indicateur in BY_FILES:
        answering = _whole_files(marts.collecte)
        if name != YOUNG_PEOPLE:
            returned = marts.rapprochement_agrege
            answering |= set(returned.loc[returned["indicateur"] == indicateur, "code"])
        found["reponse"] = found["reponse"].where(found.index.isin(answering))
    return found.sort_index().reset_index()


def young_people(binomes: pd.DataFrame, owners: Mapping[str, str]) -> pd.Series:
    """Young people with a mentoring pair running at 31 December, by collectivité: each once, in one territory (the
    first by code), as the national numerator of O3 counts them."""
    running = binomes[(binomes["nature"] == "mentorat") & binomes["est_actif_fin_campagne"].fillna(False).astype(bool)]
    place = running.groupby("id_personne")["territoire"].min()
    counts: pd.Series = place.map(lambda code: owners.get(code, code)).value_counts().sort_index()
    return counts


def _whole_files(collecte: pd.DataFrame) -> set[str]:
    """Collectivités whose own files of the legal chain were accepted, and not declared partial by « non »."""
    sent = collecte["est_recue"].fillna(False).astype(bool) & (collecte["source"] == "dossiers_mentorat")
    whole = collecte["exhaustif"].fillna("").ne("non")
    return set(collecte.loc[sent & whole & (collecte["type_emetteur"] == "collectivite"), "code"])


def _aims(indicateurs: pd.DataFrame, campagne: int) -> tuple[float, float]:
    """The national base of O3 and its objective, as the mart scales them in a simulation; missing where it has none."""
    rows = indicateurs[
        (indicateurs["indicateur"] == "O3")
        & (indicateurs["niveau"] == "national")
        & (indicateurs["periode"] == str(campagne))
        & (indicateurs["ventilation"] == BASE)
    ].set_index("mesure")["denominateur"]
    base, objective = (
        float(rows[mesure]) if mesure in rows and pd.notna(rows[mesure]) else np.nan for mesure in ("part", "ecart")
    )
    return base, objective


def _truth(
    truth: Mapping[str, Mapping[str, int]] | None, owners: Mapping[str, str], frame: NationalFrame, name: str
) -> int | None:
    """The simulated number that the total estimates, over the collectivités of the frame."""
    if truth is None or name not in TRUTH:
        return None
    inside = set(frame.table["collectivite"])
    return sum(int(row[TRUTH[name]]) for code, row in truth.items() if owners.get(code, code) in inside)


def _rows(total: NationalTotal) -> list[dict[str, Any]]:
    return [
        {
            "estimateur": estimator,
            "estimation": found.estimate,
            "erreur_type": found.se,
            "ic_bas": found.low,
            "ic_haut": found.high,
            "ddl": found.df,
            "n_reponses": total.answering,
            "n_collectivites": total.asked,
            "part_accueils": total.share,
            "observe": total.observed,
            "avertissements": "\n".join((*total.warnings, *found.warnings)),
            "statut": "calcule",
        }
        for estimator, found in zip(METHODS, (total.ratio, total.calibrated), strict=True)
    ]


def _weighed(frame: NationalFrame, answers: pd.Series, counts: pd.DataFrame) -> pd.DataFrame:
    """`counts` with what an answer weighs in each figure (`sensitivities`, and in `observe`); 0 without answer."""
    inside = counts[counts["collectivite"].isin(frame.table["collectivite"])]
    moved = sensitivities(frame, answers).assign(observe=1.0)
    return inside.merge(moved, how="left", left_on="collectivite", right_index=True).fillna(
        dict.fromkeys(moved.columns, 0.0)
    )


def _indicator_rows(campagne: int, redressement: pd.DataFrame) -> pd.DataFrame:
    """Rows of the mart's schema: the ratio estimator, which the catalogue names."""
    rows: list[dict[str, Any]] = []
    for row in redressement[redressement["estimateur"] == "ratio"].to_dict("records"):
        own = {"indicateur": row["indicateur"], "n_manquants": row["n_collectivites"] - row["n_reponses"]}
        told = dict(zip(("valeur", "ic_bas", "ic_haut"), (row[bound] for bound in BOUNDS), strict=True))
        rows.append(own | {"mesure": "nombre", **told})
        if row["indicateur"] != YOUNG_PEOPLE:
            continue
        for mesure, base, figures in (
            ("part", row["base"], {name: value / row["base"] for name, value in told.items()}),
            ("ecart", row["objectif"], {name: value - row["objectif"] for name, value in told.items()}),
        ):
            whole = pd.NA if pd.isna(base) else round(base)
            rows.append(own | {"ventilation": BASE, "mesure": mesure, "denominateur": whole, **figures})
    return estimated_rows(campagne, rows)


def under(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows of one national total, in their order."""
    return table[table["indicateur"] == name].reset_index(drop=True)


def statements(rows: pd.DataFrame) -> list[str]:
    """What the released rows of one total (a row an estimator) say, in French sentences."""
    row = rows.iloc[0]
    if row["statut"] != "calcule":
        return [str(row["avertissements"])]
    if row["diffusion"] == "secret":
        return ["Le total national redressé est sous secret statistique."]
    answers = (
        f"{fr_number(row['n_reponses'])} collectivités sur {fr_number(row['n_collectivites'])} ont répondu ; elles "
        f"font {fr_percent(row['part_accueils'])} des accueils recensés par la Drees en {row['annee_drees']}, et "
        f"comptent {fr_number(row['observe'])} {row['unite']}."
    )
    told = [answers]
    for _, found in rows.iterrows():
        by = "Par le ratio" if found["estimateur"] == "ratio" else "Par calage"
        told.append(
            f"{by}, le total est estimé à {fr_number(found['estimation'])} (intervalle à 95 % : de "
            f"{fr_number(found['ic_bas'])} à {fr_number(found['ic_haut'])}), {row['condition']}."
        )
    said = dict.fromkeys(text for warnings in rows["avertissements"] for text in str(warnings).split("\n") if text)
    return told + list(said)


def gap_intervals(rows: pd.DataFrame) -> pd.DataFrame:
    """Released gaps to the objective, a row an estimator: nom, ecart, ecart_bas, ecart_haut, phrase."""
    known = rows[rows["ecart"].notna()]
    names = known["estimateur"].map({"ratio": "Par le ratio", "calage": "Par calage"})
    words = [
        f"{name} : de {_signed(low)} à {_signed(high)} jeunes, estimation {_signed(gap)}."
        for name, gap, low, high in zip(names, known["ecart"], known["ecart_bas"], known["ecart_haut"], strict=True)
    ]
    return known[["ecart", "ecart_bas", "ecart_haut"]].assign(nom=names, phrase=words)


def _signed(gap: float) -> str:
    return f"+{fr_number(gap)}" if gap > 0 else fr_number(gap)


def narrowing(missing: pd.DataFrame) -> list[str]:
    """What the missing answers of one total would bring, in sentences."""
    if missing.empty:
        return ["Aucune réponse ne manque, ou aucun total n'est estimé : il n'y a rien à resserrer."]
    first = missing.iloc[0]
    told = [
        f"La réponse qui resserrerait le plus l'intervalle est celle de la collectivité « {first['libelle']} » : "
        f"{fr_percent(first['reduction'], 0)} de sa largeur."
    ]
    half = missing[missing["reduction_cumulee"] >= 0.5]
    if len(half) and int(half["rang"].iloc[0]) > 1:
        told.append(f"Les {fr_number(half['rang'].iloc[0])} premières de la liste le réduiraient de moitié.")
    elif len(half):
        told.append("À elle seule, elle le réduirait de moitié.")
    return told


def truth_beside(totals: pd.DataFrame) -> list[str]:
    """The simulated number beside each estimate, in sentences; says so when the data are not simulated."""
    known = totals[totals["verite_simulee"].notna() & totals["estimation"].notna()]
    if known.empty:
        return ["Le dépôt n'est pas simulé, ou sa vérité n'est pas publiée : il n'y a pas de vérité à mettre à côté."]
    told = []
    for _, row in known.iterrows():
        held = row["ic_bas"] <= row["verite_simulee"] <= row["ic_haut"]
        by = "ratio" if row["estimateur"] == "ratio" else "calage"
        told.append(
            f"{row['libelle']} ({by}) : vérité simulée {fr_number(row['verite_simulee'])}, estimation "
            f"{fr_number(row['estimation'])}, intervalle de {fr_number(row['ic_bas'])} à {fr_number(row['ic_haut'])} : "
            f"la vérité est {'dans' if held else 'hors de'} l'intervalle."
        )
    return told
