"""Linkage across senders: which pseudonyms are one person's.

Passes so far: the département's `id_dossier`, then the exact `id_jeune`. Phonetic passes add edges to the
same graph.
"""

from collections.abc import Iterable

import pandas as pd

COLUMNS = ["id_jeune", "id_personne", "passe"]
EXACT = "exact"
BY_FILE = "id_dossier"


def _distinct(*series: pd.Series) -> list[str]:
    known = pd.concat([s.dropna() for s in series], ignore_index=True) if series else pd.Series(dtype="str")
    return sorted(known.unique().tolist())


def _edges(dossiers: pd.DataFrame, binomes: pd.DataFrame) -> pd.DataFrame:
    """Pairs of different pseudonyms (`dossier`, `binome`) joined by the same file of the same département.

    Two different months of birth say that the reference was mistyped: no edge.
    """
    keys = ["departement", "id_dossier"]
    columns = [*keys, "id_jeune_etude", "naissance"]
    left = dossiers.loc[:, columns].dropna(subset=[*keys, "id_jeune_etude"])
    right = binomes.loc[:, columns].dropna(subset=[*keys, "id_jeune_etude"])
    pairs = left.merge(right, on=keys, suffixes=("_dossier", "_binome"))
    born_apart = (pairs["naissance_dossier"] != pairs["naissance_binome"]).fillna(False) & (
        pairs["naissance_dossier"].notna() & pairs["naissance_binome"].notna()
    )
    differ = pairs["id_jeune_etude_dossier"] != pairs["id_jeune_etude_binome"]
    kept = pairs.loc[differ & ~born_apart, ["id_jeune_etude_dossier", "id_jeune_etude_binome"]]
    return kept.set_axis(["dossier", "binome"], axis=1).drop_duplicates()


def link(dossiers: pd.DataFrame, binomes: pd.DataFrame, others: Iterable[pd.Series] = ()) -> pd.DataFrame:
    """One row per pseudonym seen: `id_jeune`, `id_personne` (both under the étude key), `passe`.

    `dossiers` and `binomes` are the pilotage tables (`departement`, `id_dossier`, `naissance`,
    `id_jeune_etude`); `others` are further étude pseudonyms to list (S0, surveys). A person is a connected
    component of the graph whose edges are the passes, represented by its smallest pseudonym: the result does
    not hang on the order of rows. `passe` is `id_dossier` for a pseudonym known only through a pair joined
    by its file, `exact` otherwise. Sorted.
    """
    seen = _distinct(dossiers["id_jeune_etude"], binomes["id_jeune_etude"], *others)
    parent = {name: name for name in seen}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    edges = _edges(dossiers, binomes)
    for left, right in zip(edges["dossier"].tolist(), edges["binome"].tolist(), strict=True):
        low, high = sorted((root(left), root(right)))
        parent[high] = low
    in_dossiers = set(dossiers["id_jeune_etude"].dropna())
    joined = set(edges["binome"]) - in_dossiers
    rows = [(name, root(name), BY_FILE if name in joined else EXACT) for name in seen]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")
