"""Risk-set matching of 40 000 new pairs among 350 000 young people: seconds. To hold: under 30 s.

Simulated data: 101 territories, three intervals a young person over three years. Every set is
checked: at risk that day, alike, near in age, nobody twice (the nearest are held to a full search by the tests).
"""

from time import perf_counter, process_time

import numpy as np
import pandas as pd

from mentorat.causal.plan import Matching
from mentorat.causal.risk_sets import RiskIntervals, match_risk_sets, risk_intervals

PEOPLE, PAIRS, TERRITORIES = 350_000, 40_000, 101
MATCHING = Matching(exact=("territoire", "sexe", "type_accueil_regroupe"), age_ecart_mois=12, voisins=1)
COVARIATES = ("age_index", "handicap", "mna", "anciennete_jours", "deplacements_nb", "mesures_nb")
HELD = 30.0


def simulated(rng: np.random.Generator, people: int = PEOPLE, pairs: int = PAIRS) -> pd.DataFrame:
    """The mart `risques`: each young person at risk over three years cut in three, `pairs` of them until a pair."""
    first = np.datetime64("2022-01-01", "D")
    sizes = rng.gamma(1.5, size=TERRITORIES)
    starts = np.zeros(people, dtype=bool)
    starts[rng.permutation(people)[:pairs]] = True
    entered, length = rng.integers(0, 500, people), rng.integers(60, 590, people)
    cuts = np.sort(rng.random((people, 2)), axis=1)
    edges = np.column_stack([np.zeros(people), cuts, np.ones(people)]) * length[:, None]
    days = entered[:, None] + np.floor(edges).astype(np.int64)
    person = pd.DataFrame(
        {
            "id_population": [f"J{rank:06d}" for rank in range(people)],
            "territoire": [f"T{code:03d}" for code in rng.choice(TERRITORIES, people, p=sizes / sizes.sum())],
            "sexe": rng.choice(["F", "G"], people),
            "annee_naissance": rng.integers(2005, 2013, people),
            "mois_naissance": rng.integers(1, 13, people),
            "type_accueil_regroupe": rng.choice(
                ["etablissement", "assistant_familial", "aemo", "aed", "autonomie"],
                people,
                p=[0.3, 0.3, 0.2, 0.15, 0.05],
            ),
            "handicap": rng.random(people) < 0.15,
            "mna": rng.random(people) < 0.08,
            "prise_en_charge_debut": first + entered - rng.integers(1, 3000, people),
            "mesures_nb": rng.poisson(1.5, people) + 1,
            "deplacements_nb": rng.poisson(1.0, people),
            "debut_observation": first,
            "fin_observation": first + 1095,
        }
    )
    parts = []
    for part in range(3):
        last = part == 2
        parts.append(
            person.assign(
                statut=np.where(rng.random(people) < 0.2 * part, "acceptants_en_attente", "eligibles_non_mentores"),
                debut=first + days[:, part] + (part > 0),
                fin=first + np.maximum(days[:, part + 1], days[:, part] + (part > 0)),
                evenement=np.where(starts, "binome", "fin_campagne") if last else "changement_statut",
                debut_accompagnement=starts if last else False,
            )
        )
    return pd.concat(parts, ignore_index=True)


def check(known: RiskIntervals, rows: pd.DataFrame) -> None:
    """Raises AssertionError when a set holds somebody who was not at risk, alike and near in age that day."""
    sets = rows.groupby("ensemble")
    for name in (*MATCHING.exact, "jour_index"):
        assert (rows[name] == sets[name].transform("first")).all(), name
    assert (sets["age_index"].agg(np.ptp) <= 1 + 1e-9).all()
    day = rows["jour_index"].to_numpy().astype("datetime64[D]")
    assert (rows["debut"].to_numpy().astype("datetime64[D]") <= day).all()
    assert (rows["fin"].to_numpy().astype("datetime64[D]") >= day).all()
    others = rows[~rows["mentore"]]
    begins = others["fin"].to_numpy().astype("datetime64[D]") == day[~rows["mentore"].to_numpy()]
    assert not (others["debut_accompagnement"].to_numpy() & begins).any()
    assert (sets["id_population"].nunique() == sets.size()).all()
    assert len(known.frame) >= len(others)


def run() -> None:
    risques = simulated(np.random.default_rng(3))
    start, used = perf_counter(), process_time()
    known = risk_intervals(risques)
    prepared = perf_counter() - start, process_time() - used
    for comparators in ("acceptants_en_attente", "eligibles_non_mentores"):
        start, used = perf_counter(), process_time()
        found = match_risk_sets(known, MATCHING, comparators, covariates=COVARIATES)  # type: ignore[arg-type]
        seconds, processor = perf_counter() - start + prepared[0], process_time() - used + prepared[1]
        check(known, found.rows)
        print(
            f"Risk sets, {found.pairs} pairs in {PEOPLE} young people ({len(risques)} intervals), {comparators}: "
            f"{seconds:.1f} s (processor {processor:.1f}), {found.sets} sets; held: {seconds < HELD}",
            flush=True,
        )


if __name__ == "__main__":
    run()
