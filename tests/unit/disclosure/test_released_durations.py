"""Curves of duration, released: an attacker subtracts one day, one class, one audience from the next."""

from functools import cache
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.duration_tables import PAIRS, duration_tables
from mentorat.causal.exit_diplomas import exit_diplomas
from mentorat.disclosure.door import ReleasedTable
from mentorat.disclosure.durations import release_durations, release_exit_diplomas
from mentorat.disclosure.rules import AUDIENCES, Audience, rules
from tests.unit.causal.duration_marts import CAMPAGNE, duration_marts

GROUP = ["courbe", "dimension", "modalite"]
Tables = dict[str, pd.DataFrame]


@cache
def made(n: int, seed: int) -> Tables:
    return dict(vars(duration_tables(CAMPAGNE, **duration_marts(n, seed))))


def released(tables: Tables) -> dict[tuple[str, str], ReleasedTable]:
    return {(table.name, table.audience): table for table in release_durations(tables)}


@pytest.fixture(scope="module", params=[(900, 1), (3_000, 0), (6_000, 2)], ids=lambda drawn: f"{drawn[0]} pairs")
def seen(request: pytest.FixtureRequest) -> dict[tuple[str, str], ReleasedTable]:
    return released(made(*request.param))


def told(seen: dict[tuple[str, str], ReleasedTable], name: str, audience: str) -> pd.DataFrame:
    frame = seen[name, audience].frame
    return frame[frame["diffusion"] == "publie"] if "diffusion" in frame else frame


def cumulated(seen: dict[tuple[str, str], ReleasedTable], audiences: tuple[str, ...]) -> dict[tuple[str, ...], dict]:
    """Day → (ended, still followed) of each curve, of all that is known of it beside the totals."""
    known: dict[tuple[str, ...], dict] = {}
    for audience in audiences:
        for key, rows in told(seen, "durees_courbes", audience).groupby(GROUP):
            ended = rows.sort_values("jour")["evenements"].cumsum()
            days = rows.sort_values("jour")
            known.setdefault(key, {}).update(
                {int(d): (int(e), int(n)) for d, e, n in zip(days["jour"], ended, days["n_a_risque"], strict=True)}
            )
        for _, row in told(seen, "durees_resumes", audience).dropna(subset=["n"]).iterrows():
            known.setdefault(tuple(row[GROUP]), {})[10**6] = (int(row["evenements"]), 0)
    return known


@pytest.mark.parametrize("audiences", [("partenaire",), ("public",), AUDIENCES], ids=str)
def test_no_difference_between_two_days_is_a_small_count(
    seen: dict[tuple[str, str], ReleasedTable], audiences: tuple[str, ...]
) -> None:
    threshold = rules().threshold(audiences[0])
    for key, days in cumulated(seen, audiences).items():
        for (before, (ended, left)), (day, (more, fewer)) in pairwise(sorted(days.items())):
            ends = more - ended
            tail = day == 10**6 or (before == 0 and ended == 0)
            assert ends >= threshold or (ends == 0 and tail), (key, before, day)
            away = abs(left - fewer - ends)
            assert away == 0 or away >= threshold, (key, before, day)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_class_is_found_by_subtracting_the_others_from_the_whole(
    seen: dict[tuple[str, str], ReleasedTable], audience: str
) -> None:
    threshold = rules().threshold(audience)
    days = cumulated(seen, (audience,))
    whole = days.get((PAIRS, "", ""), {})
    for dimension in {key[1] for key in days if key[1]}:
        classes = [value for key, value in days.items() if key[1] == dimension]
        shared = sorted(set.intersection(*(set(one) for one in classes)))
        assert all(set(one) == set(shared) for one in classes), "a class stands alone on a day"
        assert set(shared) <= set(whole)
        for size in range(1, len(classes)):
            for part in combinations(classes, size):
                rest = [whole[day][0] - sum(one[day][0] for one in part) for day in shared]
                assert all(step >= threshold or step == 0 for step in np.diff(rest))


def test_a_partner_sees_all_that_the_public_sees(seen: dict[tuple[str, str], ReleasedTable]) -> None:
    for name, keys in (("durees_courbes", [*GROUP, "jour"]), ("durees_fins", ["courbe", "issue", "jour"])):
        few, more = (
            set(told(seen, name, one)[keys].itertuples(index=False, name=None)) for one in ("public", "partenaire")
        )
        assert few <= more


@pytest.mark.parametrize("audience", AUDIENCES)
def test_reasons_of_end_are_no_small_counts_nor_what_is_left_of_them(
    seen: dict[tuple[str, str], ReleasedTable], audience: str
) -> None:
    threshold = rules().threshold(audience)
    ends = told(seen, "durees_fins", audience)
    assert (ends["evenements"] >= threshold).all()
    summaries = told(seen, "durees_resumes", audience).set_index(GROUP)
    for name, rows in ends.groupby("courbe"):
        row = summaries.loc[(name, "", "")]
        if name == PAIRS:
            by_day = rows.groupby("jour")["evenements"].sum().cumsum()
            shown = dict(cumulated(seen, (audience,))[PAIRS, "", ""])
            assert all(shown[day][0] == count for day, count in by_day.items())
            continue
        others = rows.loc[rows["issue"] != "franchie", "evenements"].sum()
        rest = row["n"] - row["evenements"] - (0 if pd.isna(row["censures"]) else row["censures"]) - others
        assert rest == 0 or rest >= threshold, name


@pytest.mark.parametrize("audience", AUDIENCES)
def test_summaries_do_not_go_further_than_the_curve(seen: dict[tuple[str, str], ReleasedTable], audience: str) -> None:
    rows = told(seen, "durees_resumes", audience)
    for name in ("mediane", "mediane_ic_bas", "mediane_ic_haut"):
        known = rows[rows[name].notna()]
        assert (known[name] <= known["suivi_jours"]).all()
    assert (rows.loc[rows["moyenne"].notna(), "suivi_jours"] >= 365).all()
    for name in ("n", "evenements", "censures"):
        assert (rows[name].dropna() >= rules().threshold(audience)).all()


@pytest.mark.parametrize("audience", AUDIENCES)
def test_doses_are_shown_block_by_block(seen: dict[tuple[str, str], ReleasedTable], audience: str) -> None:
    frame, threshold = seen["dose", audience].frame, rules().threshold(audience)
    shown = frame[frame["diffusion"] == "publie"]
    assert (shown["n"] >= threshold).all()
    outcome = shown.dropna(subset=["x"])
    assert (outcome["x"] >= threshold).all() and (outcome["n"] - outcome["x"] >= threshold).all()
    assert (
        frame.groupby(["dose", "dimension", frame["analyse"].replace("pente", "reponse")])["diffusion"]
        .nunique()
        .eq(1)
        .all()
    )
    hidden = frame[frame["diffusion"] == "secret"]
    assert hidden[["n", "x", "estimation", "ic_bas", "ic_haut", "n_finis_avant"]].isna().all(axis=None)


def test_enough_is_left_to_read_at_the_size_of_the_country() -> None:
    seen = released(made(6_000, 2))
    days = told(seen, "durees_courbes", "public")
    whole = set(days.loc[days["courbe"].eq(PAIRS) & days["dimension"].eq(""), "jour"])
    assert {183, 365} <= whole and len(whole) > 10
    assert {183, 365} <= set(days.loc[days["dimension"] == "sexe", "jour"])


def test_a_class_too_small_hides_its_whole_dimension() -> None:
    tables = made(3_000, 0)
    rows = tables["durees_resumes"]
    girls = rows["dimension"].eq("sexe") & rows["modalite"].eq("F")
    few = tables | {"durees_resumes": rows.assign(censures=rows["censures"].mask(girls, 3))}
    seen = released(few)
    frame = told(seen, "durees_courbes", "partenaire")
    assert not frame["dimension"].eq("sexe").any() and frame["dimension"].eq("modalite").any()
    hidden = seen["durees_resumes", "partenaire"].frame
    hidden = hidden[hidden["dimension"] == "sexe"]
    assert (hidden["diffusion"] == "secret").all()
    assert hidden[["n", "evenements", "mediane", "p"]].isna().all(axis=None)


def test_nothing_to_release_is_released_as_such() -> None:
    empty = {name: frame.iloc[:0] for name, frame in made(900, 1).items()}
    assert [table.frame.empty for table in release_durations(empty)] == [True] * len(empty) * len(AUDIENCES)


def exits(mentored: tuple[int, int, int], others: tuple[int, int, int], lost: tuple[int, int, int]) -> pd.DataFrame:
    """The table of diplomas from how many left with one, without, and unknown, in each group."""
    rows = [
        (group, code)
        for group, counts in zip((True, False, None), (mentored, others, lost), strict=True)
        for code, count in zip(("3", "1", None), counts, strict=True)
        for _ in range(count)
    ]
    frame = pd.DataFrame(rows, columns=["mentore_avant", "diplome"])
    return exit_diplomas(frame.astype({"mentore_avant": "boolean", "diplome": "string"}))


BIG = (30, 30, 30)


@pytest.mark.parametrize(
    ("counts", "partner", "public"),
    [
        ((BIG, BIG, BIG), [], []),
        ((BIG, (30, 30, 0), BIG), [], []),  # every diploma known: no count to find
        (((30, 30, 4), BIG, BIG), ["mentores", "ecart"], ["mentores", "ecart"]),
        (((30, 30, 5), BIG, BIG), [], ["mentores", "ecart"]),
        ((BIG, (30, 0, 30), BIG), ["non_mentores", "ecart"], ["non_mentores", "ecart"]),
        ((BIG, (10, 30, 30), BIG), [], ["non_mentores", "ecart"]),
        ((BIG, BIG, (30, 3, 30)), ["mentorat_inconnu"], ["mentorat_inconnu"]),
        (((4, 4, 4), BIG, BIG), ["mentores", "ecart"], ["mentores", "ecart"]),
    ],
)
def test_a_few_diplomas_or_their_complement_hide_the_group_and_the_gap(
    counts: tuple[tuple[int, int, int], ...], partner: list[str], public: list[str]
) -> None:
    made = exits(*counts)
    for audience, hidden in zip(AUDIENCES, (partner, public), strict=True):
        rows = release_exit_diplomas(made, audience).frame.set_index("groupe")
        assert rows.index[rows["diffusion"] == "secret"].tolist() == hidden
        figures = rows.drop(columns=["libelle", "avertissements", "diffusion"])
        assert figures.loc[hidden].isna().all(axis=None)
        assert figures.drop(index=[*hidden, "ecart"]).notna().all(axis=None)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_too_few_exits_are_told_as_such_and_give_no_gap(audience: Audience) -> None:
    rows = release_exit_diplomas(exits((3, 2, 0), BIG, BIG), audience).frame.set_index("groupe")
    assert (rows["diffusion"] == "publie").all()
    assert rows.loc[["mentores", "ecart"], ["sorties", "borne_basse"]].isna().all(axis=None)
    assert rows.loc["mentores", "avertissements"] == "Moins de 11 sorties\u00a0: aucun chiffre."
