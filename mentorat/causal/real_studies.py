"""Two published studies computed again with the methods of the evaluation: is the tool right on data that are real?

- A trial of mentoring (Brooks, Donovan and Johnson 2018, American Economic Journal: Applied 10(4):196-221): 372 women
  shopkeepers of Dandora (Nairobi) given a mentor, a class, or nothing, at random; profit a week before, then in seven
  waves.
- The job training of LaLonde (1986; Dehejia and Wahba 1999): its 185 participants with controls of a survey, whose
  experimental answer is known ($1,794).

The trial and the experiment may not be kept in the project: all is read from a folder of references, in the layout
`FILES`. No child is in them, and nothing of care. A study whose files are not there is told as absent.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mentorat.causal.cluster_robust import Kind, RobustFit, cluster_robust
from mentorat.causal.design import Design
from mentorat.causal.effect_tables import typed
from mentorat.causal.matching import match_nearest
from mentorat.causal.outcomes import OutcomeEffect, outcome_effect
from mentorat.causal.propensity import propensity_logit
from mentorat.causal.weighting import weight_by_entropy, weight_by_propensity
from mentorat.errors import UsageError
from mentorat.typography import fr_count, fr_number, fr_p, fr_text

TRIAL, TRAINING = "essai_kenya", "lalonde"
FILES = {
    TRIAL: Path("mentoring_rct_kenya", "panel.csv"),
    TRAINING: Path("lalonde_matchit", "data.csv"),
}
"""Study → its file in the folder of references."""
EXPERIMENT = Path("ebal_lalonde_dehejia", "nsw_dehejia_wahba_experimental.csv")
SOURCES = {
    TRIAL: "Brooks, Donovan et Johnson (2018), openICPSR 113714, licence CC BY 4.0",
    TRAINING: "LaLonde (1986), échantillon de Dehejia et Wahba (1999), paquet R MatchIt",
}
CONTROLS = ("lage_b", "secondaryedu_b", "sec0_b", "sec1_b", "sec2_b", "sec3_b", "sec4_b", "I_emp_b", "tprofits_b")
"""Covariates of the authors' regression: age, schooling, sector, employees and profit before the trial."""
CLASS, MENTOR = 3, 4
WAVES = range(8)
"""Waves of the authors' pooled regression: the first is before the trial, everyone being then without a mentor."""
ERRORS: dict[str, tuple[str, Kind, bool]] = {
    "classique": ("Classique", "classical", False),
    "grappes_CR1S": ("Par personne (CR1S)", "CR1S", True),
    "grappes_CR2": ("Par personne (CR2)", "CR2", True),
}
"""Errors → name, kind and whether they are clustered on the person, who answers up to eight times."""
LABELS = {
    "age": "Âge",
    "educ": "Années d'études",
    "raceblack": "Noir",
    "racehispan": "Hispanique",
    "racewhite": "Blanc",
    "married": "Marié",
    "nodegree": "Sans diplôme",
    "re74": "Revenu en 1974",
    "re75": "Revenu en 1975",
}

ETUDES = {
    "etude": "str",
    "analyse": "str",  # source, effet, vague, rencontre, equilibre
    "cle": "str",
    "libelle": "str",
    "methode": "str",
    "present": "boolean",
    "estimation": "float64",
    "se": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "p": "float64",
    "n": "Int64",
    "grappes": "Int64",
    "smd_avant": "float64",
    "smd_apres": "float64",
}
"""One row a figure; `source` says, of each study, whether its file was there."""

Row = dict[str, Any]


def real_studies(folder: Path | None) -> pd.DataFrame:
    """The table ETUDES, from the folder of references (None: no study is there).

    Raises UsageError (French) when a file is there without the columns of its study.
    """
    rows: list[Row] = []
    for study, compute in ((TRIAL, _trial), (TRAINING, _training)):
        path = None if folder is None else folder / FILES[study]
        there = path is not None and path.is_file()
        rows.append({"etude": study, "analyse": "source", "cle": study, "libelle": SOURCES[study], "present": there})
        if there and folder is not None:
            try:
                rows += [{"etude": study} | row for row in compute(folder)]
            except KeyError as missing:
                raise UsageError(
                    f"Le fichier {FILES[study]} du dossier MENTORAT_REFERENCES n'a pas la colonne {missing}. Reprenez "
                    "le fichier publié, ou retirez-le."
                ) from missing
    table = pd.DataFrame(rows)
    table["libelle"] = table["libelle"].map(fr_text)
    return typed(table, ETUDES)


def is_there(table: pd.DataFrame, study: str) -> bool:
    """Whether a study's file was there."""
    return bool(figures(table, study, "source")["present"].fillna(False).astype(bool).any())


def figures(table: pd.DataFrame, study: str, analysis: str) -> pd.DataFrame:
    """Rows of one analysis of a study; none when it is not there."""
    return table[table["etude"].eq(study) & table["analyse"].eq(analysis)]


def _absent(study: str) -> str:
    """What to say, and do, where a study's file is not there."""
    return fr_text(
        "Les données de cette étude ne sont pas livrées avec la plateforme, et n'ont pas été trouvées sur cette "
        f"machine. Source : {SOURCES[study]}. Donnez à la variable MENTORAT_REFERENCES le dossier "
        f"qui contient « {FILES[study].as_posix()} », puis relancez."
    )


def trial_sentences(table: pd.DataFrame) -> list[str]:
    """What the trial says, and how the errors change it."""
    rows = figures(table, TRIAL, "effet").set_index("cle").to_dict("index")
    if not rows:
        return [_absent(TRIAL)]
    plain, clustered = rows["mentor|classique"], rows["mentor|grappes_CR2"]
    return [
        fr_text(one)
        for one in (
            f"Proposer une mentore élève le profit de {fr_number(plain['estimation'], 1)} shillings par semaine. La "
            "proposition ayant été tirée au sort, c'est bien son effet.",
            f"L'erreur type est de {fr_number(plain['se'])} si chaque réponse compte comme une personne, de "
            f"{fr_number(rows['mentor|grappes_CR1S']['se'])} (CR1S) et de {fr_number(clustered['se'])} (CR2) si "
            f"l'on tient compte de ce que {fr_count(clustered['grappes'], 'personne a', 'personnes ont')} donné "
            f"{fr_count(clustered['n'], 'réponse', 'réponses')}.",
            f"L'intervalle à 95 % va alors de {fr_number(clustered['ic_bas'])} à {fr_number(clustered['ic_haut'])} "
            f"shillings ({fr_p(clustered['p'])}), au lieu de {fr_number(plain['ic_bas'])} à "
            f"{fr_number(plain['ic_haut'])} : l'effet reste distinct de zéro, mais on le connaît moins bien qu'il n'y "
            "paraissait."
            if clustered["ic_bas"] > 0
            else f"L'intervalle à 95 % va de {fr_number(clustered['ic_bas'])} à {fr_number(clustered['ic_haut'])}.",
        )
    ]


def training_sentences(table: pd.DataFrame) -> list[str]:
    """The naive difference, what the designs find, and the answer of the draw where it is there."""
    rows = figures(table, TRAINING, "effet").set_index("cle").to_dict("index")
    if not rows:
        return [_absent(TRAINING)]
    adjusted = [row["estimation"] for key, row in rows.items() if key not in {"naif", "experience"}]
    told = [
        f"L'écart observé est de {fr_number(rows['naif']['estimation'])} dollars : pris tel quel, il dirait que la "
        "formation nuit, mais ceux qui l'ont suivie partaient de plus bas.",
        f"Après ajustement, l'effet estimé va de {fr_number(min(adjusted))} à "
        f"{fr_number(max(adjusted))} dollars selon la méthode.",
    ]
    if "experience" in rows:
        known = rows["experience"]
        inside = known["ic_bas"] <= min(adjusted) and max(adjusted) <= known["ic_haut"]
        held = "toutes les" if inside else "une partie seulement des"
        told.append(
            f"La réponse du tirage au sort est de {fr_number(known['estimation'])} dollars (intervalle à 95 % : de "
            f"{fr_number(known['ic_bas'])} à {fr_number(known['ic_haut'])}). "
            f"Cet intervalle contient {held} estimations ajustées."
        )
    return [fr_text(one) for one in told]


READINGS = {
    "erreur": "L'effet ne bouge pas d'un calcul à l'autre ; ce qu'on en sait, si. Une erreur « classique » sur des "
    "réponses qui se ressemblent promet plus que les données ne donnent : c'est pourquoi l'erreur des effets de "
    "l'évaluation tient compte des grappes.",
    "vagues": "Une vague seule a trop peu de réponses pour qu'on y lise une tendance. L'écart des deux dernières est "
    "proche de zéro, dans un intervalle large, et moins de la moitié voyaient encore leur mentore la dernière fois "
    "qu'on le leur a demandé (vague 6) ; rien ne dit que l'un soit la cause de l'autre, car continuer de se voir n'a "
    "pas été tiré au sort.",
}
"""How the trial's tables read; said only beside them."""


def balance_beside(table: pd.DataFrame) -> pd.DataFrame:
    """Standardised differences of each covariate: before, then after each design, one column each."""
    rows = figures(table, TRAINING, "equilibre").assign(
        plan=lambda part: part["cle"].str.split("|").str[0], nom=lambda part: part["cle"].str.split("|").str[1]
    )
    if rows.empty:
        return pd.DataFrame(columns=["libelle", "avant"])
    wide = rows.set_index(["nom", "plan"])["smd_apres"].unstack()  # noqa: PD010
    first = rows.drop_duplicates("nom").set_index("nom")
    return wide.assign(avant=first["smd_avant"], libelle=first["libelle"]).loc[list(first.index)].reset_index()


def trial_regression(panel: pd.DataFrame, waves: range | list[int], errors: str = "classique") -> RobustFit:
    """The authors' regression of profit: constant, class (1), mentor (2), waves, CONTROLS; what repeats is left out."""
    _, kind, clustered = ERRORS[errors]
    rows = panel[panel["wave"].isin(waves)].dropna(subset=["tprofits", *CONTROLS])
    arms = [rows["treat"] == CLASS, rows["treat"] == MENTOR]
    dummies = [rows["wave"] == wave for wave in sorted(set(rows["wave"]))[1:]]
    design = np.column_stack([np.ones(len(rows)), *arms, *dummies, rows[list(CONTROLS)]]).astype(np.float64)
    scaled = design / np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    pivots = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))
    return cluster_robust(rows["tprofits"], design[:, pivots > 1e-8], rows["id"] if clustered else None, kind=kind)


def _trial(folder: Path) -> Iterator[Row]:
    panel = pd.read_csv(folder / FILES[TRIAL])
    arms = {"mentor": (2, "Une mentore"), "formation": (1, "Une formation en classe")}
    for errors, (name, _, _) in ERRORS.items():
        fit = trial_regression(panel, WAVES, errors)
        for arm, (k, label) in arms.items():
            yield {"analyse": "effet", "cle": f"{arm}|{errors}", "libelle": label, "methode": name} | _coefficient(
                fit, k
            )
    for wave in WAVES[1:]:
        fit = trial_regression(panel, [wave], "grappes_CR2")
        key: Row = {"cle": str(wave), "libelle": f"Vague {wave}"}
        yield {"analyse": "vague"} | key | {"methode": ERRORS["grappes_CR2"][0]} | _coefficient(fit, 2)
        met = panel.loc[(panel["wave"] == wave) & (panel["treat"] == MENTOR), "meet"].dropna()
        if len(met):
            yield {"analyse": "rencontre"} | key | {"estimation": float(met.mean()), "n": len(met)}


def _coefficient(fit: RobustFit, k: int) -> Row:
    low, high = fit.interval(k)
    return {
        "estimation": float(fit.coefficients[k]),
        "se": float(fit.standard_errors[k]),
        "ic_bas": low,
        "ic_haut": high,
        "p": fit.p_value(k),
        "n": fit.n,
        "grappes": fit.clusters,
    }


def _training(folder: Path) -> Iterator[Row]:
    frame = pd.read_csv(folder / FILES[TRAINING])
    levels = {f"race{level}": frame["race"] == level for level in ("black", "hispan", "white")}
    covariates = frame[["age", "educ", "married", "nodegree", "re74", "re75"]].assign(**levels).astype(float)
    covariates = covariates[list(LABELS)]
    treated = (frame["treat"] == 1).to_numpy()
    scores = propensity_logit(covariates.drop(columns="raceblack"), treated)
    designs: dict[str, tuple[str, Design]] = {
        "plus_proche_voisin": (
            "Plus proche voisin, un pour un, score",
            match_nearest(covariates, treated, scores.scores),
        ),
        "calibre": (
            "Plus proche voisin, écart d'au plus 0,2 écart-type",
            match_nearest(covariates, treated, scores.scores, caliper=0.2),
        ),
        "score_ipw": ("Pondération par le score", weight_by_propensity(covariates, treated, scores)),
        "entropie": ("Pondération par entropie", weight_by_entropy(covariates, treated)),
    }
    data = covariates.assign(mentore=treated, re78=frame["re78"])
    adjusted = [name for name in LABELS if name != "raceblack"]
    yield _effect("naif", "Écart observé, sans ajustement", outcome_effect(data, "re78", "mentore"))
    yield _effect("regression", "Régression", outcome_effect(data, "re78", "mentore", adjusted))
    for name, (label, design) in designs.items():
        pairs = design.strata if design.pairs is not None else None
        found = outcome_effect(data, "re78", "mentore", weights=design.weights, cluster=pairs)
        yield _effect(name, label, found)
        for _, row in design.balance.iterrows():
            if row["covariable"] in LABELS:
                yield {
                    "analyse": "equilibre",
                    "cle": f"{name}|{row['covariable']}",
                    "libelle": LABELS[row["covariable"]],
                    "methode": label,
                    "smd_avant": row["smd_avant"],
                    "smd_apres": row["smd_apres"],
                }
    if (folder / EXPERIMENT).is_file():
        trial = pd.read_csv(folder / EXPERIMENT).assign(mentore=lambda rows: rows["treat"] == 1)
        yield _effect("experience", "Tirage au sort, la réponse connue", outcome_effect(trial, "re78", "mentore"))


def _effect(key: str, label: str, found: OutcomeEffect) -> Row:
    return {
        "analyse": "effet",
        "cle": key,
        "libelle": label,
        "methode": found.method,
        "estimation": found.estimate,
        "se": found.standard_error,
        "ic_bas": found.low,
        "ic_haut": found.high,
        "p": found.p,
        "n": found.n_treated + found.n_control,
        "grappes": found.clusters,
    }
