"""What the released tables of durations say, in French sentences and rows ready for a page.

A figure that was not made or was withheld is said in words; no sentence makes a cause of a difference between classes.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from mentorat.causal.duration_tables import PAIR_DIMENSIONS, PAIRS, STEP_CURVES
from mentorat.typography import fr_count, fr_number, fr_p, fr_percent, fr_points, fr_text

ALPHA = 0.05
HORIZONS = {183: "six mois", 365: "un an"}
KEY = ["courbe", "dimension", "modalite"]


def curve(courbes: pd.DataFrame, courbe: str, dimension: str = "") -> pd.DataFrame:
    """Rows of one curve: of the whole, or of the classes of a dimension."""
    return courbes[courbes["courbe"].eq(courbe) & courbes["dimension"].eq(dimension)]


def compared_dimensions(courbes: pd.DataFrame) -> dict[str, str]:
    """Dimension → name, for those whose classes have a curve."""
    shown = set(courbes.loc[courbes["courbe"].eq(PAIRS), "dimension"])
    return {name: label for name, label in PAIR_DIMENSIONS.items() if name in shown}


def at_horizons(courbes: pd.DataFrame, resumes: pd.DataFrame) -> pd.DataFrame:
    """One row a curve of `resumes`, in its order: median, and the share at six months and a year where it is shown."""
    table = resumes.copy()
    for day in HORIZONS:
        found = courbes[courbes["jour"] == day].set_index(KEY)
        at = table[KEY].merge(found.reset_index()[[*KEY, "estimation", "ic_bas", "ic_haut"]], on=KEY, how="left")
        table[f"a_{day}"] = [_share(row) for _, row in at.iterrows()]
    table["mediane_texte"] = [_median(row) for _, row in table.iterrows()]
    return table


def opening(courbes: pd.DataFrame, resumes: pd.DataFrame) -> list[str]:
    """How long pairs hold, how long a proposal waits for its pair."""
    pairs, wait = _whole(resumes, PAIRS), _whole(resumes, STEP_CURVES["proposition_lancement"])
    told = list(_held(courbes, pairs))
    if wait is None or pd.isna(wait["n"]):
        told.append(f"De la proposition au premier jour du binôme : {_absent(wait)}.")
    elif pd.isna(wait["mediane"]):
        told.append(
            f"Sur {fr_count(wait['n'], 'proposition', 'propositions')}, moins de la moitié ont conduit à un binôme "
            "pendant la partie du suivi qui est publiée."
        )
    else:
        told.append(
            f"Sur {fr_count(wait['n'], 'proposition', 'propositions')}, la moitié ont conduit à un binôme en "
            f"{_days(wait['mediane'])} au plus{_between(wait, 'mediane')} ; les refus et les sorties comptent comme "
            "des propositions sans binôme, non comme des dossiers perdus."
        )
    return [fr_text(one) for one in told]


def coverage(resumes: pd.DataFrame) -> list[str]:
    """What the curve of pairs covers and supposes."""
    pairs = _whole(resumes, PAIRS)
    return [fr_text(pairs["avertissements"])] if pairs is not None and pairs["avertissements"] else []


def comparisons(resumes: pd.DataFrame) -> list[str]:
    """One sentence a dimension: do its classes end at the same pace?"""
    tested = resumes.dropna(subset=["p_holm"]).drop_duplicates("dimension")
    told = []
    for _, row in tested.iterrows():
        name = PAIR_DIMENSIONS.get(str(row["dimension"]), str(row["dimension"]))
        if row["p_holm"] < ALPHA:
            said = "les durées diffèrent d'une classe à l'autre. L'écart est observé, sa cause ne l'est pas"
        else:
            said = "les écarts entre classes sont compatibles avec le hasard"
        told.append(f"{name} : {said} (log-rank, {fr_p(row['p'])} ; {fr_p(row['p_holm'])} après correction de Holm).")
    return [fr_text(one) for one in told] or [fr_text("Aucune classe n'est assez nombreuse pour une comparaison.")]


def reasons(fins: pd.DataFrame) -> pd.DataFrame:
    """Reasons of end of pairs, one row each, the most frequent at the last horizon first: `a_183`, `a_365`."""
    rows = fins[fins["courbe"].eq(PAIRS) & fins["estimation"].notna()]
    if rows.empty:
        return pd.DataFrame(columns=["groupe", "rang", *(f"a_{day}" for day in HORIZONS)])
    last = rows.sort_values("jour").groupby("issue")["estimation"].last()
    table = rows.drop_duplicates("issue")[["issue", "groupe"]].assign(rang=lambda part: part["issue"].map(last))
    for day in HORIZONS:
        at = rows[rows["jour"] == day].set_index("issue")
        table[f"a_{day}"] = [_share(at.loc[one]) if one in at.index else "masqué" for one in table["issue"]]
    return table.sort_values(["rang", "issue"], ascending=[False, True], ignore_index=True)


def steps(fins: pd.DataFrame) -> pd.DataFrame:
    """Ends of each step of a file at its horizons, where they are shown: `libelle`, `groupe`, `jour`, `part`."""
    rows = fins[fins["courbe"].ne(PAIRS) & fins["estimation"].notna()]
    return rows.assign(part=[_share(row) for _, row in rows.iterrows()])


def dose_sentences(dose: pd.DataFrame) -> list[str]:
    """The outcome by dose at the landmark, the survivors' warning first; why there is none when there is none."""
    if dose.empty:
        return [
            fr_text(
                "Trop peu de binômes ont atteint le repère avec des séances transmises : la dose n'est pas décrite."
            )
        ]
    told = []
    for _, row in dose[dose["analyse"].eq("pente")].iterrows():
        if pd.isna(row["estimation"]):
            told.append("La réponse à la dose est masquée par le secret statistique.")
            continue
        low, high = 100 * float(row["ic_bas"]), 100 * float(row["ic_haut"])
        beside = "compatible avec une absence de lien" if low <= 0 <= high else "qui ne dit pas l'effet d'une séance"
        told += [
            row["avertissements"],
            f"Parmi {fr_count(row['n'], 'binôme', 'binômes')} en cours au repère et suivis un an, une séance de plus "
            f"par mois va avec {fr_points(100 * float(row['estimation']))} de binômes encore en cours un an après leur "
            f"début (intervalle à 95 % : de {fr_points(low)} à {fr_points(high)}), {beside}.",
        ]
        if pd.notna(row["n_finis_avant"]):
            told.append(
                f"{fr_count(row['n_finis_avant'], 'binôme fini', 'binômes finis')} avant le repère : la courbe ne dit "
                "rien d'eux."
            )
    if not told:
        reasons_given = dose.loc[dose["analyse"].eq("reponse"), "avertissements"]
        told = [one for one in dict.fromkeys(reasons_given) if one] or ["La réponse à la dose n'est pas estimée."]
    return [fr_text(one) for one in told]


def dose_bands(dose: pd.DataFrame) -> pd.DataFrame:
    """Bands of the dose with the share still running, and the adjusted difference: nothing where they are withheld."""
    rows = dose[dose["analyse"].eq("reponse") & dose["dose"].eq("seances_par_mois") & dose["n"].notna()]
    return rows.assign(
        part=(rows["x"] / rows["n"]).astype("float64"),
        ecart=[
            "référence" if reference else _gap(row)
            for reference, (_, row) in zip(rows["reference"].fillna(False).astype(bool), rows.iterrows(), strict=True)
        ],
    )


def dose_spread(dose: pd.DataFrame) -> pd.DataFrame:
    """Share of each class in each band of the dose, one column a band, classes in the order of the table."""
    rows = dose[dose["analyse"].eq("repartition") & dose["n"].notna()]
    order = list(dict.fromkeys(zip(rows["dimension"], rows["groupe"], strict=True)))
    wide = rows.set_index(["dimension", "groupe", "tranche"])["estimation"].unstack()  # noqa: PD010
    wide = wide.reindex(columns=list(dict.fromkeys(rows["tranche"])))
    size = rows.groupby(["dimension", "groupe"])["n"].sum()
    return wide.assign(n=size).reindex(order).reset_index()


def _held(courbes: pd.DataFrame, pairs: pd.Series | None) -> Iterator[str]:
    if pairs is None or pd.isna(pairs["n"]):
        yield f"La durée des binômes : {_absent(pairs)}."
        return
    sizes = f"{fr_count(pairs['n'], 'binôme suivi', 'binômes suivis')}, dont {fr_number(pairs['evenements'])} finis"
    if pd.isna(pairs["mediane"]):
        yield f"Sur {sizes}, plus de la moitié durent encore au bout du suivi qui est publié."
    else:
        yield (
            f"Sur {sizes}, on estime que la moitié durent encore après {_days(pairs['mediane'])}"
            f"{_between(pairs, 'mediane')}."
        )
    rows = curve(courbes, PAIRS)
    for day, name in HORIZONS.items():
        at = rows[rows["jour"] == day]
        if len(at):
            yield f"{_share(at.iloc[0])} des binômes sont encore en cours {name} après leur début."


def _whole(resumes: pd.DataFrame, courbe: str) -> "pd.Series[Any] | None":
    rows = curve(resumes, courbe)
    return rows.iloc[0] if len(rows) else None


def _absent(row: "pd.Series[Any] | None") -> str:
    if row is not None and row.get("diffusion") == "secret":
        return "masquée par le secret statistique"
    return "pas assez de durées transmises pour une courbe"


def _days(value: float) -> str:
    return fr_count(float(value), "jour", "jours")


def _median(row: "pd.Series[Any]") -> str:
    if pd.isna(row["mediane"]):
        return "masquée" if row.get("diffusion") == "secret" else "non atteinte"
    return f"{_days(row['mediane'])}{_between(row, 'mediane')}"


def _between(row: "pd.Series[Any]", name: str) -> str:
    low, high = row[f"{name}_ic_bas"], row[f"{name}_ic_haut"]
    if pd.isna(low) and pd.isna(high):
        return ""
    if pd.isna(high):
        return f" (intervalle à 95 % : au moins {fr_number(low)})"
    if pd.isna(low):
        return f" (intervalle à 95 % : au plus {fr_number(high)})"
    return f" (de {fr_number(low)} à {fr_number(high)})"


def _share(row: "pd.Series[Any]") -> str:
    if pd.isna(row["estimation"]):
        return "non publié"
    bounds = f" ({fr_number(100 * row['ic_bas'], 1)} à {fr_number(100 * row['ic_haut'], 1)})"
    return f"{fr_percent(row['estimation'])}{bounds if np.isfinite(row['ic_bas']) else ''}"


def _gap(row: "pd.Series[Any]") -> str:
    points = (fr_points(100 * float(row[name])) for name in ("estimation", "ic_bas", "ic_haut"))
    estimate, low, high = points
    return f"{estimate} (de {low} à {high})"
