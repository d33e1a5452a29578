"""Tables of the evaluation: what every comparison, of a survey or of the administrative cohort, hands to reports.

Each table is long and tidy, one row a figure; shares and differences of shares are between 0 and 1, durations in days.
`source` is `enquete` or `administratif`; `comparateurs` names who the mentored are compared with: `non_mentores` in a
survey, `acceptants_en_attente` or `eligibles_non_mentores` in the cohort. Texts are never missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import pandas as pd

_KEY = {"source": "str", "issue": "str", "libelle": "str", "comparateurs": "str"}
_INTERVAL = {"ic_bas": "float64", "ic_haut": "float64"}
_SIZES = {"n_mentores": "Int64", "n_non_mentores": "Int64"}
_POSITIVE = {"x_mentores": "Int64", "x_non_mentores": "Int64"}

EFFETS = {
    **_KEY,
    "dimension": "str",
    "famille": "str",
    "role": "str",  # principale, secondaire, temoin: as the plan says
    "statut": "str",  # confirmatoire, exploratoire: decided by the plan
    "plan": "str",
    "plan_version": "str",
    "plan_empreinte": "str",
    "vague": "Int64",  # of a survey; missing in the cohort
    "fenetre": "str",  # of the cohort (« 6 à 18 mois après »); empty in a survey
    "estimand": "str",
    "estimateur": "str",
    "ecart_naif": "float64",
    "naif_ic_bas": "float64",
    "naif_ic_haut": "float64",
    "att": "float64",
    "se": "float64",
    **_INTERVAL,
    "df": "float64",
    "p": "float64",
    "p_holm": "float64",
    **_SIZES,
    "x_mentores": "Int64",
    "x_non_mentores": "Int64",
    "n_manquants": "Int64",
    "grappes": "Int64",
    "grappes_mentores": "Int64",
    "grappes_non_mentores": "Int64",
    "grappes_effectives": "float64",
    "ess": "float64",
    "smd_max_avant": "float64",
    "smd_max_apres": "float64",
    "evalue": "float64",
    "evalue_limite": "float64",
    "valeur_robustesse": "float64",
    "specifications": "Int64",
    "part_meme_signe": "float64",
    "part_exclut_zero": "float64",
    "p_courbe": "float64",
    "methode": "str",
    "avertissements": "str",
    "preuve": "str",
    "phrase": "str",
}
"""One row an outcome and a comparison: the primary estimate of the plan and all that must travel with it."""
ESTIMATEURS = {
    **_KEY,
    "estimateur": "str",
    "libelle_estimateur": "str",
    "place": "str",  # principal, robustesse, naif
    "estimand": "str",
    "variance": "str",
    "estimation": "float64",
    "se": "float64",
    **_INTERVAL,
    "df": "float64",
    "p": "float64",
    **_SIZES,
    "ess": "float64",
    "smd_max_apres": "float64",
    "avertissements": "str",
}
"""The same effect by every estimator of the plan, side by side."""
COURBE = {
    **_KEY,
    "rang": "Int64",  # by estimate, from 1
    "covariables": "str",
    "estimateur": "str",
    "population": "str",
    "codage": "str",
    "estimation": "float64",
    **_INTERVAL,
    "p": "float64",
    "n": "Int64",
    "statut": "str",  # estime, non_estime
    "motif": "str",
}
"""The specification curve: one row a specification of the plan's grid."""
COURBE_TEST = {
    **_KEY,
    "specifications": "Int64",
    "estimees": "Int64",
    "n": "Int64",
    "mediane": "float64",
    "part_meme_signe": "float64",
    "part_exclut_zero": "float64",
    "p_mediane": "float64",
    "p_part": "float64",
    "permutations": "Int64",
    "avertissements": "str",
}
"""The whole curve and its joint test, one row an outcome; p-values missing where no permutation was drawn."""
ROBUSTESSE = {
    **_KEY,
    "analyse": "str",
    "reference": "str",
    "valeur": "float64",
    **_INTERVAL,
    "p": "float64",
    "n": "Int64",
    "lecture": "str",
}
"""One row an analysis of sensitivity. `analyse`: e_value, e_value_limite, valeur_robustesse, valeur_robustesse_limite,
reference_observee (as strong as `reference`, a covariate: the estimate left), rosenbaum, issue_placebo, date_placebo,
temoin_negatif, bootstrap_sauvage, rerandomisation, imputation, non_reponse_bornes, censure_ponderee. `lecture`: one
French sentence."""
PLACEBOS = ("issue_placebo", "date_placebo", "temoin_negatif")
"""Analyses of `effets_robustesse` where mentoring can have changed nothing."""
EQUILIBRE = {
    **{name: kind for name, kind in _KEY.items() if name in {"source", "comparateurs"}},
    "vague": "Int64",
    "covariable": "str",
    "libelle": "str",
    **_SIZES,
    "moyenne_mentores": "float64",
    "moyenne_non_mentores_avant": "float64",
    "moyenne_non_mentores_apres": "float64",
    "smd_avant": "float64",
    "smd_apres": "float64",
    "rapport_variances_avant": "float64",
    "rapport_variances_apres": "float64",
    "ks_avant": "float64",
    "ks_apres": "float64",
}
"""Balance of each covariate before and after the primary design, one row a level."""
RECOUVREMENT = {
    "source": "str",
    "comparateurs": "str",
    "score_bas": "float64",
    "score_haut": "float64",
    **_SIZES,
}
"""Propensity scores by arm, in bins of equal width: how many of each group."""
HETEROGENEITE = {
    **_KEY,
    "facteur": "str",
    "libelle_facteur": "str",
    "modalite": "str",
    "estimation": "float64",
    "se": "float64",
    **_INTERVAL,
    **_SIZES,
    **_POSITIVE,  # for disclosure to judge: never released
    "p_interaction": "float64",
    "p_interaction_holm": "float64",
    "avertissements": "str",
}
"""The effect by level of a factor known before mentoring; the test of interaction is the factor's, on each row."""
ENTONNOIR = {
    **_KEY,
    "departement": "str",
    **_SIZES,
    **_POSITIVE,  # for disclosure to judge: never released
    "estimation": "float64",
    "se": "float64",
    "retrecie": "float64",
    **_INTERVAL,  # of the shrunk estimate
    "moyenne": "float64",
    "tau": "float64",
    "limite_95_bas": "float64",
    "limite_95_haut": "float64",
    "limite_998_bas": "float64",
    "limite_998_haut": "float64",
    "avertissements": "str",
}
"""One row a département, in the order of codes: its own estimate, the one shrunk towards the national mean, and the
limits of the funnel at its precision. Never a rank."""
FLUX = {
    "source": "str",
    "comparateurs": "str",
    "ordre": "Int64",
    "etape": "str",
    "libelle": "str",
    **_SIZES,
}
"""From those who could be compared to those who are, one row a step; what each step loses is the difference."""


@dataclass(frozen=True)
class EffectTables:
    """The tables of one source, or of all, each with its columns and types."""

    effets: pd.DataFrame
    effets_estimateurs: pd.DataFrame
    effets_courbe: pd.DataFrame
    effets_courbe_test: pd.DataFrame
    effets_robustesse: pd.DataFrame
    equilibre: pd.DataFrame
    effets_recouvrement: pd.DataFrame
    effets_heterogeneite: pd.DataFrame
    effets_entonnoir: pd.DataFrame
    effets_flux: pd.DataFrame


SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "effets": EFFETS,
    "effets_estimateurs": ESTIMATEURS,
    "effets_courbe": COURBE,
    "effets_courbe_test": COURBE_TEST,
    "effets_robustesse": ROBUSTESSE,
    "equilibre": EQUILIBRE,
    "effets_recouvrement": RECOUVREMENT,
    "effets_heterogeneite": HETEROGENEITE,
    "effets_entonnoir": ENTONNOIR,
    "effets_flux": FLUX,
}
"""Name of a table (of the lake and of `EffectTables`) → its columns and types."""
TESTS = ("p", "p_holm", "p_courbe", "p_mediane", "p_part", "p_interaction", "p_interaction_holm")


def typed(rows: Iterable[Mapping[str, object]] | pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a table of exactly `columns`: text never missing, numbers at 10 decimals, p-values at 6 figures.

    What lies beyond hangs on the order in which threads add, and two runs must give the same bytes.
    """
    table = pd.DataFrame(rows if isinstance(rows, pd.DataFrame) else list(rows), columns=list(columns))
    texts = [name for name, dtype in columns.items() if dtype == "str"]
    table[texts] = table[texts].astype("object").where(table[texts].notna(), "")
    table = table.astype(dict(columns))
    decimals = [name for name, dtype in columns.items() if dtype == "float64"]
    tests = [name for name in decimals if name in TESTS]
    small = table[tests].map(lambda p: float(f"{p:.6g}"))  # a p-value is never rounded to zero
    table[decimals] = table[decimals].round(10) + 0.0  # never a negative zero
    table[tests] = small
    return table


def effect_tables(**tables: Iterable[Mapping[str, object]] | pd.DataFrame) -> EffectTables:
    """Typed tables; one not given is empty. Raises TypeError on an unknown name."""
    if unknown := set(tables) - set(SCHEMAS):
        raise TypeError(f"unknown tables: {', '.join(sorted(unknown))}")
    return EffectTables(**{name: typed(tables.get(name, []), columns) for name, columns in SCHEMAS.items()})


def merged(parts: Iterable[EffectTables]) -> EffectTables:
    """The tables of several sources, one after the other."""
    given = list(parts)
    return effect_tables(
        **{
            field.name: pd.concat([getattr(part, field.name) for part in given], ignore_index=True)
            for field in fields(EffectTables)
        }
    )
