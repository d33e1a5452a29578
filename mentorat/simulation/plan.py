"""Which territories are simulated, how many young people in each, and what each collectivité sends."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mentorat import reference

NATIONAL_FROM = 40_000
"""From this number of young people on, every territory is simulated; below, a choice of at most 16."""
CHOSEN = (
    "72", "93", "69M", "67", "68", "20R", "33", "62", "974", "49", "10", "58", "03", "971", "23", "48",
)  # fmt: skip
"""Sixteen DREES units of varied sizes: at 17 500 young people each is as large as in a national 87 500."""
CORSICA = {"20R": ("2A", "2B")}
SEVERAL_TERRITORIES = ("20R", "6AE")


def apportion(total: int, weights: pd.Series) -> pd.Series:
    """Whole numbers adding up to `total`, proportional to `weights`: largest remainder, ties to the first."""
    exact = total * weights.to_numpy(dtype=float) / weights.sum()
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return pd.Series(whole, index=weights.index)


def territories(jeunes: int) -> pd.DataFrame:
    """One row per simulated territory: `territoire`, `collectivite`, `jeunes`, DREES 2022 shares (0-1).

    Shares: `part_accueil` (accueils among measures), `part_famille` and `part_etablissement` (among confiés),
    `part_aed` (among actions éducatives). Corsica's line is split evenly; Mayotte has no figure and no row.
    """
    drees = reference.load("drees_ase").query("annee == 2022").set_index("code")
    if jeunes < NATIONAL_FROM:
        drees = drees.loc[sorted(CHOSEN[: min(max(jeunes // 1_000, 3), len(CHOSEN))])]
    drees["jeunes"] = apportion(jeunes, drees["accueils"] + drees["actions_educatives"])
    drees["part_accueil"] = drees["accueils"] / (drees["accueils"] + drees["actions_educatives"])
    drees["part_famille"] = drees["accueils_famille"] / drees["confies"]
    drees["part_etablissement"] = drees["accueils_etablissement"] / drees["confies"]
    drees["part_aed"] = drees["aed"] / drees["actions_educatives"]
    rows = []
    for code, line in drees.iterrows():
        halves = CORSICA.get(str(code), (str(code),))
        for rank, territoire in enumerate(halves):
            size = (int(line["jeunes"]) + len(halves) - 1 - rank) // len(halves)
            rows.append({"territoire": territoire, **line.to_dict(), "jeunes": size})
    plan = pd.DataFrame(rows).merge(reference.load("territoires")[["territoire", "collectivite"]])
    columns = ["territoire", "collectivite", "jeunes", *(c for c in plan.columns if c.startswith("part_"))]
    return plan[columns].sort_values("territoire", ignore_index=True)


@dataclass(frozen=True)
class Sender:
    """What one collectivité sends, and in which shape."""

    collectivite: str
    emetteur: str
    passage: bool = True
    mesures: bool = True
    dossiers: bool = True
    conventions: bool = True
    agregee: bool = False
    initialisation: bool = True
    xml: bool = False
    dossiers_format: str = "csv-bom"
    premiere_etape: str = "evaluation"

    @property
    def silent(self) -> bool:
        """True where the collectivité sends no file at all."""
        return not (self.mesures or self.dossiers or self.agregee)


def senders(plan: pd.DataFrame, rng: np.random.Generator) -> dict[str, Sender]:
    """What each collectivité of `plan` sends, by code. Failings never fall on the largest."""
    sizes = plan.groupby("collectivite")["jeunes"].sum()
    emetteurs = reference.load("emetteurs").query("type == 'collectivite'").set_index("code")["emetteur"]
    large = sizes > sizes.quantile(0.9)
    ordinary = [c for c in sizes.index if c not in SEVERAL_TERRITORIES and not large[c]]
    drawn = iter([ordinary[i] for i in rng.permutation(len(ordinary))])
    full = len(sizes) >= 90
    small = len(sizes) < 8
    quotas = {
        "xml": 1,
        "silent": 4 if full else int(not small),
        "dossiers_only": 4 if full else int(not small),
        "agregee": 3 if full else int(not small),
        "no_passage": 5 if full else int(not small),
        "no_initialisation": int(not small),
        "no_dossiers": 4 if full else 0,
        "xlsx": 4 if full else int(len(sizes) > 2),
        "cp1252": 12 if full else int(not small),
        "utf8": 12 if full else int(not small),
    }
    middle = sizes[ordinary].sub(sizes[ordinary].median()).abs().sort_values(kind="stable").index[0]
    roles: dict[str, str] = {middle: "xml"}
    for role, quota in quotas.items():
        while list(roles.values()).count(role) < quota:
            candidate = next(drawn, None)
            if candidate is None:
                break
            roles.setdefault(candidate, role)
    return {code: _sender(code, emetteurs[code], roles.get(code, ""), rng) for code in sizes.index}


def _sender(code: str, emetteur: str, role: str, rng: np.random.Generator) -> Sender:
    nothing = {"passage": False, "mesures": False, "dossiers": False, "conventions": False}
    # Only a full sender varies in how far back its tracking goes: a failing is then one thing at a time.
    step = str(rng.choice(["evaluation", "proposition", "lancement"], p=[0.75, 0.15, 0.10]))
    failings: dict[str, dict[str, Any]] = {
        "silent": nothing,
        "dossiers_only": nothing | {"dossiers": True},
        "agregee": nothing | {"agregee": True},
        "no_passage": {"passage": False},
        "no_initialisation": {"initialisation": False},
        "no_dossiers": {"dossiers": False},
        "xml": {"xml": True},
        "xlsx": {"dossiers_format": "xlsx"},
        "cp1252": {"dossiers_format": "csv-cp1252"},
        "utf8": {"dossiers_format": "csv-utf8"},
        "": {"premiere_etape": step},
    }
    return Sender(code, emetteur, **failings[role])
