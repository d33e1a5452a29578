"""Tables of an evaluation made from invented young people, for what shows or hides them: raw differences alone."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from mentorat.causal.effect_tables import EffectTables, effect_tables, merged

HASH = "3f" * 32
FACTORS = {"sexe": "sexe", "type_accueil": "type d'accueil"}
ANALYSES = {
    "e_value": "Un facteur inconnu devrait multiplier par 1,5 la chance d'être mentoré et celle de répondre oui.",
    "valeur_robustesse": "Il devrait expliquer 9 % de ce qui reste de l'un et de l'autre.",
    "reference_observee": "Un facteur aussi fort que l'âge ne changerait pas le sens de l'écart.",
    "issue_placebo": "L'issue que le mentorat ne peut pas changer ne diffère pas.",
    "bootstrap_sauvage": "Le tirage par grappe donne la même lecture.",
    "imputation": "Les réponses manquantes, imputées vingt fois, donnent le même écart.",
}


def people(seed: int, n: int = 600, rare: float = 0.02, missing: float = 0.01) -> pd.DataFrame:
    """Young people: `mentore`, `attend` (has a comparator who waits), traits, département, two outcomes."""
    draws = np.random.default_rng(seed)
    mentored = draws.random(n) < 0.45
    frame = pd.DataFrame(
        {
            "mentore": mentored,
            "attend": draws.random(n) < 0.97,
            "sexe": draws.choice(["F", "G", "inconnu"], n, p=[0.45, 0.55 - rare, rare]),
            "type_accueil": draws.choice(["etablissement", "assistant_familial", "autonomie"], n, p=[0.5, 0.47, 0.03]),
            "age": draws.integers(11, 18, n),
            "departement": draws.choice(["13", "35", "59", "62"], n, p=[0.2, 0.3, 0.45, 0.05]),
            "score": np.clip(0.45 + 0.15 * draws.normal(size=n) + 0.05 * mentored, 0, 0.999),
        }
    )
    for name, share in {"se_sent_seul": 0.3, "projection_direction": 0.2}.items():
        answers = (draws.random(n) < share - 0.08 * mentored).astype("float64")
        frame[name] = np.where(draws.random(n) < missing, np.nan, answers)
    return frame


def tables_of(
    frame: pd.DataFrame, source: str = "enquete", comparators: Sequence[str] = ("non_mentores",)
) -> EffectTables:
    """The ten tables of one source."""
    return merged([_comparison(frame, source, name) for name in comparators])


def both_sources(seed: int, n: int = 600) -> EffectTables:
    """A survey and a cohort, this one against two groups, the one within the other."""
    cohort = ("acceptants_en_attente", "eligibles_non_mentores")
    return merged([tables_of(people(seed, n)), tables_of(people(seed + 1, 2 * n), "administratif", cohort)])


def comparison(frame: pd.DataFrame, comparator: str) -> pd.DataFrame:
    """Those a comparison is made on: the mentored without a comparator who waits are left out of the first."""
    if comparator == "acceptants_en_attente":
        return frame[(frame["mentore"] & frame["attend"]) | (~frame["mentore"] & (frame.index % 2 == 0))]
    return frame


def _comparison(everyone: pd.DataFrame, source: str, comparator: str) -> EffectTables:
    frame = comparison(everyone, comparator)
    key = {"source": source, "comparateurs": comparator}
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in effect_tables().__dataclass_fields__}
    outcomes = {"se_sent_seul": "Se sentir seul", "projection_direction": "Se voir diriger"}
    for rank, (issue, label) in enumerate(outcomes.items()):
        own = key | {"issue": issue, "libelle": label}
        asked = frame.dropna(subset=[issue])
        figures = _difference(asked, issue)
        rows["effets"].append(_effect(own, asked, figures, issue, len(frame) - len(asked), rank))
        for name, place in {"naif": "naif", "entropie": "principal", "aipw": "robustesse"}.items():
            rows["effets_estimateurs"].append(
                own
                | _sizes(asked)
                | figures
                | {"estimateur": name, "libelle_estimateur": name, "place": place, "estimand": "ATT", "variance": "CR2"}
                | {"p": 0.04, "df": 30.0, "ess": 100.0}
            )
        kept = {"tous": asked, "sans_inconnus": asked[asked["sexe"] != "inconnu"]}
        for place, (population, rest) in enumerate(kept.items(), start=1):
            told = {"rang": place, "covariables": "toutes", "estimateur": "regression", "codage": "positif"}
            rows["effets_courbe"].append(
                own | told | _difference(rest, issue) | {"population": population, "n": len(rest), "statut": "estime"}
            )
        rows["effets_courbe_test"].append(
            own
            | {"specifications": 2, "estimees": 2, "n": len(asked), "mediane": figures["estimation"]}
            | {"part_meme_signe": 1.0, "part_exclut_zero": 0.5, "p_mediane": 0.03, "p_part": 0.05, "permutations": 99}
        )
        for analysis, said in ANALYSES.items():
            rows["effets_robustesse"].append(
                own | {"analyse": analysis, "valeur": 1.5, "n": len(asked), "lecture": said}
            )
        for factor, name in FACTORS.items():
            for level, inside in asked.groupby(factor):
                rows["effets_heterogeneite"].append(
                    own
                    | _sizes(inside)
                    | _positive(inside, issue)
                    | _difference(inside, issue)
                    | {"facteur": factor, "libelle_facteur": name, "modalite": level, "p_interaction": 0.4321}
                )
        if source == "administratif":
            for place, inside in asked.groupby("departement"):
                local = _difference(inside, issue)
                rows["effets_entonnoir"].append(
                    own
                    | _sizes(inside)
                    | _positive(inside, issue)
                    | local
                    | {"departement": place, "retrecie": 0.5 * local["estimation"], "moyenne": -0.08, "tau": 0.02}
                    | {
                        f"limite_{level}": side
                        for level, side in {"95_bas": -0.2, "95_haut": 0.04, "998_bas": -0.28, "998_haut": 0.12}.items()
                    }
                )
    rows["equilibre"] += _balance(frame, key)
    edges = np.linspace(0, 1, 11)
    for low, high in pairwise(edges):
        inside = frame[(frame["score"] >= low) & (frame["score"] < high)]
        rows["effets_recouvrement"].append(key | {"score_bas": low, "score_haut": high} | _sizes(inside))
    for rank, (step, left) in enumerate({"recus": everyone, "compares": frame}.items()):
        rows["effets_flux"].append(key | {"ordre": rank, "etape": step, "libelle": f"Jeunes {step}"} | _sizes(left))
    return effect_tables(**rows)


def _sizes(frame: pd.DataFrame) -> dict[str, object]:
    return {"n_mentores": int(frame["mentore"].sum()), "n_non_mentores": int((~frame["mentore"]).sum())}


def _positive(frame: pd.DataFrame, issue: str) -> dict[str, object]:
    return {f"x_{name[2:]}": n for name, n in _sizes(frame[frame[issue] == 1]).items()}


def _difference(frame: pd.DataFrame, issue: str) -> dict[str, float]:
    mentored, others = frame.loc[frame["mentore"], issue], frame.loc[~frame["mentore"], issue]
    gap = float(mentored.mean() - others.mean()) if len(mentored) and len(others) else np.nan
    se = float(np.sqrt(mentored.var(ddof=0) / max(len(mentored), 1) + others.var(ddof=0) / max(len(others), 1)))
    return {"estimation": gap, "se": se, "ic_bas": gap - 1.96 * se, "ic_haut": gap + 1.96 * se}


def _effect(
    own: dict[str, object], asked: pd.DataFrame, figures: dict[str, float], issue: str, missing: int, rank: int
) -> dict[str, object]:
    low, high, gap = figures["ic_bas"], figures["ic_haut"], figures["estimation"]
    return (
        own
        | _sizes(asked)
        | _positive(asked, issue)
        | {"dimension": "bien_etre", "famille": "principale", "role": "principale" if rank == 0 else "secondaire"}
        | {"statut": "confirmatoire" if rank == 0 else "exploratoire", "plan": "essai", "plan_version": "1"}
        | {"plan_empreinte": HASH, "estimand": "ATT", "estimateur": "entropie", "ecart_naif": gap, "att": gap}
        | {"naif_ic_bas": low, "naif_ic_haut": high, "ic_bas": low, "ic_haut": high, "se": figures["se"]}
        | {"df": 25.0, "p": 0.04, "p_holm": 0.08, "n_manquants": missing, "grappes": 40, "grappes_mentores": 20}
        | {"grappes_non_mentores": 20, "grappes_effectives": 35.0, "ess": 150.0, "smd_max_avant": 0.3}
        | {"smd_max_apres": 0.01, "evalue": 1.6, "evalue_limite": 1.1, "valeur_robustesse": 0.09}
        | {"specifications": 2, "part_meme_signe": 1.0, "part_exclut_zero": 0.5, "p_courbe": 0.05}
        | {"methode": "entropie", "avertissements": "", "preuve": "non concluant"}
        | {"phrase": f"« {own['libelle']} » : l'écart observé est compatible avec une absence d'effet."}
    )


def _balance(frame: pd.DataFrame, key: dict[str, object]) -> list[dict[str, object]]:
    columns = {"age": frame["age"].astype("float64")}
    for factor in FACTORS:
        columns |= {
            f"{factor}={level}": (frame[factor] == level).astype("float64") for level in sorted(set(frame[factor]))
        }
    rows = []
    for name, values in columns.items():
        means = [float(values[frame["mentore"]].mean()), float(values[~frame["mentore"]].mean())]
        shown = dict(zip(("moyenne_mentores", "moyenne_non_mentores_avant"), means, strict=True))
        rows.append(
            key
            | {"vague": 1 if key["source"] == "enquete" else None, "covariable": name, "libelle": name, **_sizes(frame)}
            | shown
            | {"moyenne_non_mentores_apres": means[0], "smd_avant": 0.2 * (means[0] - means[1]), "smd_apres": 0.001}
            | {"ks_avant": 0.1, "ks_apres": 0.01}
        )
    return rows
