"""The cohort's effects in words: labels of its columns and outcomes, windows, methods, what a figure does not cover.

Labels are those of `administratif.yml`; sentences are French.
"""

import re
from collections.abc import Iterator
from functools import cache

import numpy as np

from mentorat.causal.catalogues import cohort_catalogue, cohort_covariates
from mentorat.causal.cohort_comparison import CohortComparison
from mentorat.causal.days import MONTH_DAYS
from mentorat.causal.follow_up import outcome_kind
from mentorat.causal.outcomes import OutcomeEffect
from mentorat.causal.plan import CohortOutcome, CohortPlan
from mentorat.causal.risk_sets import RiskSetMatches
from mentorat.typography import fr_count, fr_number, fr_points, fr_text

ESTIMANDS = {
    "appariement": "ATT : commencer ce jour-là ou non, chez les jeunes qui commencent",
    "naif": "Écart entre les jeunes qui commencent et les jeunes à risque le même mois, sans ajustement",
    "censure_ponderee": "ATT : commencer ce jour-là ou ne pas commencer, chez les jeunes qui commencent",
}
ESTIMATORS = {
    "appariement": "Appariement au jour du départ, puis régression",
    "naif": "Écart brut avec ceux qui auraient pu commencer le même mois",
    "censure_ponderee": "Appariement, suivi arrêté au début d'un mentorat (poids de censure)",
}
AT_HOME = ("aed", "aemo")
"""Kinds of care at home, from and to which no move is counted."""
WHOLE = 0.95
"""Share of the matched pairs followed under which it is said that the effect is not that of all of them."""


def outcome_label(name: str) -> str:
    """How an outcome reads."""
    return cohort_catalogue().issues[name].libelle


def column_label(column: str) -> str:
    """How a column reads, alone or with a level (`sexe=F`)."""
    name, _, level = column.partition("=")
    spoken = cohort_catalogue().colonnes[name].libelle
    return fr_text(f"{spoken} : {level_label(name, level)}") if level else spoken


def level_label(name: str, level: str) -> str:
    """How a level of a column reads: its code, without underscores, where the file does not name it."""
    return fr_text(cohort_catalogue().modalites.get(name, {}).get(level, level.replace("_", " ")))


def in_words(text: str) -> str:
    """A sentence with the labels of covariates in place of the names of columns."""
    return fr_text(_columns().sub(lambda found: column_label(found.group(0)), text))


@cache
def _columns() -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(cohort_covariates())})(=[\w]+(?: rares)?)?")


def window_label(outcome: CohortOutcome) -> str:
    """The window of an outcome, in words."""
    if outcome.apres_18_ans_jours is not None:
        return f"dans les {_months(outcome.apres_18_ans_jours)} mois qui suivent les 18 ans"
    if outcome.de_jours is None or outcome.a_jours is None:
        return ""
    if outcome.a_jours < 0:
        return f"dans les {_months(-outcome.de_jours)} mois qui précèdent"
    if _months(outcome.de_jours) == 0:
        return f"dans les {_months(outcome.a_jours)} mois qui suivent"
    return f"{_months(outcome.de_jours)} à {_months(outcome.a_jours)} mois après"


def _months(days: int) -> int:
    return round(days / MONTH_DAYS)


def not_yet(outcome: CohortOutcome, earliest: float, campagne: int) -> str:
    """From which campagne an outcome may be compared. `earliest`: first day on which a window closes (days)."""
    label = window_label(outcome)
    if outcome.a_jours is not None and outcome.a_jours < 0:
        return f"Aucun nouveau binôme n'est suivi assez tôt ({label}) : il y faut une campagne de plus."
    if np.isnan(earliest):
        return f"Aucun nouveau binôme n'a de fenêtre connue ({label})."
    day = np.datetime64(int(earliest), "D").astype("datetime64[Y]").astype(int) + 1970
    return (
        f"La fenêtre ({label}) n'est encore écoulée pour aucun nouveau binôme : premières observations avec la "
        f"campagne {max(int(day), campagne + 1)}."
    )


def what_it_leaves_out(matches: RiskSetMatches, found: CohortComparison, name: str) -> Iterator[str]:
    """Whose effect it is, and what the outcome cannot tell, in shares: a count here would give back a few by
    subtraction."""
    if not len(found.rows):
        return
    share = found.covered[0] / matches.sets
    if share < WHOLE:
        yield (
            f"La fenêtre n'est entièrement observée que pour {_percent(share)} des nouveaux binômes appariés, selon "
            "leur premier jour : l'effet ne vaut que pour eux."
        )
    if outcome_kind(name) != "deplacement":
        return
    if "type_accueil_regroupe" in found.rows:
        home = found.rows["type_accueil_regroupe"].isin(AT_HOME).to_numpy(dtype=np.float64)
        if (at_home := float(found.weights @ home / found.weights.sum())) >= 0.005:
            yield (
                f"{_percent(at_home)} des jeunes comparés sont aidés chez eux (AED, AEMO), où un changement de lieu "
                "d'accueil n'est pas compté."
            )
    if max(found.departed) >= 0.005:
        yield (
            f"Sont sortis avant la fin de la fenêtre sans changement connu : {_percent(found.departed[0])} des jeunes "
            f"qui commencent et {_percent(found.departed[1])} des comparateurs, comptés comme n'en ayant pas eu."
        )


def _percent(share: float) -> str:
    """A share to the percent, never 0 nor 100 where it is not."""
    if 0 < share < 0.005:
        return "moins de 1 %"
    return "plus de 99 %" if 0.995 <= share < 1 else f"{fr_number(100 * share, 0)} %"


def method(plan: CohortPlan) -> str:
    """How the principal effect is estimated."""
    strata = ", ".join(column_label(name).lower() for name in plan.appariement.exact)
    return fr_text(
        f"Appariement au jour du départ ({fr_count(plan.appariement.voisins, 'comparateur', 'comparateurs')} par "
        f"nouveau binôme ; mêmes {strata} ; âge à {plan.appariement.age_ecart_mois} mois près ; distance de "
        f"Mahalanobis sur les rangs), régression sur les covariables, erreurs types CR2 par {plan.grappe} "
        "(Satterthwaite) et par jeune"
    )


def censored_sentence(effect: OutcomeEffect | None, refused: str) -> str:
    """How the effect reads once later mentoring is censored; why it is not estimated (`refused`) otherwise."""
    if effect is None:
        return fr_text(f"Effet sans les mentorats plus tardifs : non estimé. {refused}")
    return fr_text(
        "Si les comparateurs n'étaient jamais mentorés pendant la fenêtre et que personne ne sortait, l'écart serait "
        f"de {fr_points(100 * effect.estimate)} (de {fr_points(100 * effect.low)} à {fr_points(100 * effect.high)}), "
        "si mentorat et sortie ne dépendent que des caractéristiques mesurées."
    )
