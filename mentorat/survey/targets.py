"""Margins of the young people a survey stands for, counted in the ASE marts: age × sex, place of care, region.

The population is the young people in care at 31 December, 11 to 20 years old (minors, and young adults under
young-adult care), of every territory. Those whose age or sex is not known are shared out like the others of their
region; a territory that sent nothing usable, or part of its stock, is given the stock DREES counts, times what a
measure of DREES is worth in young people where both are known. Each of these is told in a warning, and counted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mentorat.reference import load
from mentorat.survey.design import SurveyError
from mentorat.typography import fr_count, fr_percent

COLUMNS = ("age_sexe", "type_accueil_regroupe", "region")
"""The margins, and the columns of the survey that `calibration_columns` makes for them."""
BANDS = ((11, 13), (14, 15), (16, 17), (18, 20))
"""Age bands, first and last age of each."""
OTHERS = "autres"
HOME = ("aed", "aemo")
"""Places that are measures at home: DREES counts them as actions éducatives, the others as accueils."""
DREES_ALONE = {"2A": "20R", "2B": "20R"}
"""Territories that DREES counts under another code."""


@dataclass(frozen=True)
class AseTargets:
    """Margins in young people, all adding up to `population`, ready for `weighting.rake` or `calibrate`.

    `margins`: column of `COLUMNS` → level → young people; `table`: the same as rows (variable, modalite, effectif);
    `sources`: young people by origin of the figure (origine, territoires, effectif): observe, drees;
    `warnings`: French sentences on what was shared out or estimated, and what is left out.
    """

    margins: dict[str, pd.Series]
    population: float
    table: pd.DataFrame
    sources: pd.DataFrame
    warnings: tuple[str, ...]


def calibration_columns(survey: pd.DataFrame, bands: Sequence[tuple[int, int]] = BANDS) -> pd.DataFrame:
    """Columns `COLUMNS` of the rows of `survey` (sexe, age, type_accueil, departement), missing where unknown.

    Someone younger than the first band is counted in it: only a class of collège makes him eligible.
    """
    for name in ("sexe", "age", "type_accueil", "departement"):
        if name not in survey.columns:
            raise SurveyError(f"La colonne « {name} » manque dans l'enquête : le calage sur les marges ASE la demande.")
    age = pd.to_numeric(survey["age"], errors="coerce").astype("float64")
    sexe = survey["sexe"].astype("object").where(survey["sexe"].isin(["F", "G"]))
    band = _bands(age.clip(lower=bands[0][0]), bands)
    return pd.DataFrame(
        {
            "age_sexe": (band + " × " + sexe.astype("str")).where(band.notna() & sexe.notna()),
            "type_accueil_regroupe": survey["type_accueil"].map(_grouped_places()),
            "region": survey["departement"].map(_regions()),
        },
        index=survey.index,
    )


def ase_targets(
    population: pd.DataFrame,
    *,
    incomplete: Collection[str] = (),
    bands: Sequence[tuple[int, int]] = BANDS,
    drees_year: int | None = None,
    estimate_missing: bool = True,
) -> AseTargets:
    """Margins of the young people in care at 31 December, from rows of the mart `population`.

    `population`: columns territoire, sexe (F, G, inconnu), age_31_12, en_charge_31_12, jeune_majeur,
    type_accueil_regroupe. `incomplete`: territories whose stock is not whole (`receptions.stock_incomplet`): their
    rows are left out and they are estimated like those without any row. `bands`: ages kept. `drees_year`: the latest
    when None. With `estimate_missing` false, margins are those of the territories observed, and say so.

    Raises SurveyError when no territory is observed, or a level cannot be shared out.
    """
    held = population[population["en_charge_31_12"].astype(bool) & ~population["territoire"].isin(list(incomplete))]
    if held.empty:
        raise SurveyError(
            "Aucun territoire n'a transmis un stock complet au 31 décembre : les marges ASE ne peuvent pas être faites."
        )
    told: list[str] = []
    counts = _shared_out(held, bands, told)
    observed = set(counts["territoire"])
    missing = [code for code in load("territoires")["territoire"] if code not in observed]
    added, unknown = _estimated(counts, missing, drees_year) if estimate_missing else (counts.iloc[:0], missing)
    told += _told_of_missing(counts, added, unknown, estimate_missing)
    every = pd.concat([counts, added], ignore_index=True)
    every["age_sexe"] = every["bande"] + " × " + every["sexe"]
    total = float(every["effectif"].sum())
    margins = {name: _margin(every, name, total) for name in COLUMNS}
    sources = pd.DataFrame(
        {
            "origine": ["observe", "drees"],
            "territoires": [len(observed), added["territoire"].nunique()],
            "effectif": [float(counts["effectif"].sum()), float(added["effectif"].sum())],
        }
    )
    table = pd.concat(
        [
            pd.DataFrame({"variable": name, "modalite": margin.index, "effectif": margin.to_numpy()})
            for name, margin in margins.items()
        ],
        ignore_index=True,
    )
    return AseTargets(margins, total, table, sources, tuple(told))


def merge_small_levels(
    frame: pd.DataFrame, margins: Mapping[str, pd.Series], minimum: int = 20
) -> tuple[pd.DataFrame, dict[str, pd.Series], list[str]]:
    """The same columns and margins, each variable's levels with fewer than `minimum` respondents made one, « autres ».

    When all of them together are still too few, the smallest of the other levels joins. Returns new columns of
    `frame`, new margins, and French sentences. A level of the sample that has no target is left for the calibration
    to refuse.
    """
    columns, merged, told = frame.copy(), {}, []
    for name, margin in margins.items():
        answers = frame[name].value_counts().reindex(margin.index, fill_value=0)
        order = [level for _, _, level in sorted((int(answers[level]), str(level), level) for level in margin.index)]
        small = [level for level in order if answers[level] < minimum]
        while small and answers[small].sum() < minimum and len(small) < len(order):
            small = order[: len(small) + 1]
        if not small:
            merged[name] = margin
            continue
        kept = margin.drop(small)
        merged[name] = pd.concat([kept, pd.Series({OTHERS: float(margin[small].sum())})])
        columns[name] = frame[name].where(~frame[name].isin(small), OTHERS)
        told.append(
            f"« {name} » : {fr_count(len(small), 'modalité trop peu représentée', 'modalités trop peu représentées')} "
            f"parmi les répondants ({', '.join(sorted(map(str, small)))}) réunies en « {OTHERS} »."
        )
    return columns, merged, told


def _bands(age: pd.Series, bands: Sequence[tuple[int, int]]) -> pd.Series:
    found = pd.Series(pd.NA, index=age.index, dtype="str")
    for first, last in bands:
        found = found.where(~age.between(first, last), f"{first}-{last}")
    return found


def _grouped_places() -> dict[str, str]:
    table = load("types_accueil")
    return dict(zip(table["type_accueil"], table["type_accueil_regroupe"], strict=True))


def _regions() -> dict[str, str]:
    """Region of each territory code and of each official département."""
    departements = load("departements")
    official = dict(zip(departements["departement"], departements["region"], strict=True))
    territoires = load("territoires")
    own = zip(territoires["territoire"], territoires["departement"], strict=True)
    return official | {code: official[departement] for code, departement in own}


def _shared_out(held: pd.DataFrame, bands: Sequence[tuple[int, int]], told: list[str]) -> pd.DataFrame:
    """Young people by territoire, region, bande, sexe, type_accueil_regroupe; unknown ages and sexes shared out."""
    age = held["age_31_12"].astype("Float64").astype("float64")
    adult = held["jeune_majeur"].astype(bool)
    # Someone of 18 or more is in the population only under young-adult care; an unknown age may be anyone's.
    inside = age.isna() | (age < 18) | adult
    rows = pd.DataFrame(
        {
            "territoire": held["territoire"].astype("str"),
            "region": held["territoire"].map(_regions()),
            "bande": _bands(age, bands).where(age.notna(), "inconnu").fillna("hors"),
            "sexe": held["sexe"].astype("object").where(held["sexe"].isin(["F", "G"]), "inconnu"),
            "type_accueil_regroupe": held["type_accueil_regroupe"].astype("str"),
        }
    )[inside]
    keys = ["territoire", "region", "bande", "sexe", "type_accueil_regroupe"]
    counts = rows.groupby(keys, as_index=False, sort=True).size().rename(columns={"size": "effectif"})
    counts["effectif"] = counts["effectif"].astype("float64")
    ages = float(counts.loc[counts["bande"] == "inconnu", "effectif"].sum())
    counts = _spread(counts, "bande", ["region", "type_accueil_regroupe"])
    counts = counts[counts["bande"] != "hors"]
    sexes = float(counts.loc[counts["sexe"] == "inconnu", "effectif"].sum())
    counts = _spread(counts, "sexe", ["region", "bande"])
    if counts.empty:
        raise SurveyError("Aucun jeune des âges demandés n'est en charge au 31 décembre : vérifiez les tranches d'âge.")
    total = float(counts["effectif"].sum())
    for number, what in ((ages, "d'âge inconnu"), (sexes, "de sexe inconnu")):
        if number:
            # no count: these remarks are published, and a few young people of unknown age would be a small count
            share = "moins de 1 %" if number / total < 0.01 else fr_percent(number / total, 0)
            told.append(
                f"Marges ASE : les jeunes {what} ({share} de la population) sont répartis comme les autres jeunes de "
                "leur région."
            )
    return counts.reset_index(drop=True)


def _spread(counts: pd.DataFrame, name: str, among: list[str]) -> pd.DataFrame:
    """Rows whose `name` is unknown, added in proportion to the known rows of the same `among`, else of everyone."""
    unknown = counts[name] == "inconnu"
    if not unknown.any():
        return counts
    known = counts[~unknown].copy()
    if known.empty:
        raise SurveyError(f"« {name} » est inconnu pour tous les jeunes : cette marge ne peut pas être faite.")
    there = known.groupby(among)["effectif"].sum()
    lost = counts[unknown].groupby(among)["effectif"].sum()
    near = lost.reindex(there.index, fill_value=0.0)
    far = float(lost.sum() - near.sum())  # no known row where they are
    growth = (1 + near / there) * (1 + far / float((there + near).sum()))
    known["effectif"] *= growth.reindex(pd.MultiIndex.from_frame(known[among])).to_numpy()
    return known


def _estimated(counts: pd.DataFrame, missing: Sequence[str], drees_year: int | None) -> tuple[pd.DataFrame, list[str]]:
    """Young people of the territories without a whole stock, and the codes DREES does not know.

    Stock of DREES in the territory, accueils and actions éducatives apart × young people per measure of DREES in the
    observed territories, shared out as there.
    """
    drees = load("drees_ase")
    year = int(drees["annee"].max()) if drees_year is None else drees_year
    drees = drees[drees["annee"] == year].set_index("code")
    observed = set(counts["territoire"])
    regions, place = _regions(), counts["type_accueil_regroupe"]
    unknown = [code for code in missing if DREES_ALONE.get(code, code) not in drees.index]
    # One line for several territories (Corsica) speaks only when all of them are observed, or all are missing.
    partly = {DREES_ALONE[code] for code in DREES_ALONE if code in observed} & {
        DREES_ALONE[code] for code in DREES_ALONE if code in missing
    }
    unknown += [code for code in missing if DREES_ALONE.get(code) in partly]
    wanted = {DREES_ALONE.get(code, code): code for code in missing if code not in unknown}
    seen = {DREES_ALONE.get(code, code) for code in observed} & set(drees.index) - partly
    usable = counts["territoire"].map(lambda code: DREES_ALONE.get(code, code) in seen)
    found = []
    for stock, rows in (("actions_educatives", place.isin(HOME)), ("accueils", ~place.isin(HOME))):
        keys = ["bande", "sexe", "type_accueil_regroupe"]
        part = counts[rows & usable].groupby(keys, as_index=False)["effectif"].sum()
        measures = drees[stock].astype("float64")
        base = float(np.sum(measures[sorted(seen)]))
        if not base or not wanted:
            continue
        for code, territoire in sorted(wanted.items()):
            own = {"territoire": territoire, "region": regions[territoire]}
            found.append(part.assign(effectif=part["effectif"] * float(measures.loc[code]) / base, **own))
    return (pd.concat(found, ignore_index=True) if found else counts.iloc[:0]), unknown


def _told_of_missing(counts: pd.DataFrame, added: pd.DataFrame, unknown: Sequence[str], estimated: bool) -> list[str]:
    total = float(counts["effectif"].sum() + added["effectif"].sum())
    told = []
    codes = sorted(added["territoire"].unique())
    if codes:
        told.append(
            f"Marges ASE : le stock de {fr_count(len(codes), 'territoire', 'territoires')} sans transmission complète "
            f"({', '.join(codes)}) est estimé d'après la DREES ; il fait "
            f"{fr_percent(float(added['effectif'].sum()) / total)} de la population."
        )
    if unknown:
        why = "que la DREES ne compte pas à part" if estimated else "sans transmission complète"
        told.append(
            f"Marges ASE : {fr_count(len(unknown), 'territoire', 'territoires')} {why} ({', '.join(sorted(unknown))}), "
            "hors du champ ; les résultats n'y valent pas."
        )
    return told


def _margin(every: pd.DataFrame, name: str, total: float) -> pd.Series:
    found = every.groupby(name, sort=True)["effectif"].sum()
    return found * (total / float(np.sum(found)))
