"""Coverage of the 95 % intervals for one and two proportions, averaged over a stated grid of true shares.

Independent answers: exact, every possible table weighed by its probability at each pair of shares, at the sizes of the
2022 study and with 40 answers a group. Answers alike inside structures: 2 000 draws at each pair of shares, 20
structures of 8 a group (`apart`) or 40 structures of 4 and 4 (`shared`), intraclass correlation 0.1. The outcome is
discrete: coverage at one pair swings, its average over the grid does not. Held to 93.5-96.5 %; what is conservative by
construction (« + ») has the lower bar only, and what is shown for its failure (« - ») has none.
"""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.survey.clustered import compare_groups
from mentorat.survey.design import survey_design
from mentorat.survey.proportions import Proportion, newcombe_limits, normal_quantile, proportion
from mentorat.survey.score import score_limits
from mentorat.survey.two_samples import difference, odds_ratio, risk_ratio

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
SIZES = ((163, 174), (40, 40))
BAR = (0.935, 0.965)
Z = normal_quantile(0.95)

CLUSTERED = ((0.1, 0.1), (0.1, 0.3), (0.3, 0.3), (0.3, 0.5), (0.5, 0.5))
DRAWS = 2_000
ICC = 0.1
ANSWERS = 160


def report(name: str, coverage: list[float] | Floats, kind: str = "") -> None:
    mean = float(np.mean(coverage))
    held = mean >= BAR[0] if kind == "+" else BAR[0] <= mean <= BAR[1]
    print(
        f"{name + ' ' + kind:<42} mean coverage {mean:.4f} (lowest {np.min(coverage):.4f}, highest "
        f"{np.max(coverage):.4f})" + ("" if kind == "-" else f"; held: {held}")
    )


def one_proportion(n: int) -> None:
    counts, shares = np.arange(n + 1), np.linspace(0.02, 0.5, 49)
    for method, kind in (("wilson", ""), ("wilson_cc", "+"), ("clopper_pearson", "+"), ("wald", "-")):
        found = [proportion(int(x), n, method=method) for x in counts]
        low, high = (np.array([getattr(one, side) for one in found]) for side in ("low", "high"))
        held = [stats.binom.pmf(counts, n, p) @ ((low <= p) & (p <= high)) for p in shares]
        report(f"one share, n = {n}: {method}", np.array(held), kind)


def hybrid(n1: int, n2: int, method: str) -> Limits:
    def shares(n: int) -> list[Proportion]:
        return [proportion(x, n, method=method) for x in range(n + 1)]

    found = np.array([newcombe_limits(one, two) for one, two in product(shares(n1), shares(n2))])
    return found[:, 0], found[:, 1]


def one_by_one(function: Callable[..., object], method: str) -> Callable[[int, int], Limits]:
    def limits(n1: int, n2: int) -> Limits:
        found = [function(x1, n1, x2, n2, method=method) for x1, x2 in product(range(n1 + 1), range(n2 + 1))]
        low, high = (np.array([getattr(one, side) for one in found]) for side in ("low", "high"))
        # No interval covers everything: what it does not exclude.
        return np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf)

    return limits


def score(measure: str, *, corrected: bool) -> Callable[[int, int], Limits]:
    def limits(n1: int, n2: int) -> Limits:
        x1, x2 = (side.ravel() for side in np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij"))
        return score_limits(measure, (x1, n1, x2, n2), Z, corrected=corrected)

    return limits


TWO_SAMPLES: tuple[tuple[str, str, Callable[[int, int], Limits], str], ...] = (
    ("difference", "newcombe", lambda n1, n2: hybrid(n1, n2, "wilson"), ""),
    ("difference", "newcombe_cc", lambda n1, n2: hybrid(n1, n2, "wilson_cc"), "+"),
    ("difference", "miettinen_nurminen", score("difference", corrected=True), ""),
    ("difference", "mee", score("difference", corrected=False), ""),
    ("difference", "agresti_caffo", one_by_one(difference, "agresti_caffo"), ""),
    ("difference", "wald", one_by_one(difference, "wald"), "-"),
    ("risk_ratio", "koopman", score("risk_ratio", corrected=False), ""),
    ("risk_ratio", "miettinen_nurminen", score("risk_ratio", corrected=True), ""),
    ("risk_ratio", "katz", one_by_one(risk_ratio, "katz"), "-"),
    ("odds_ratio", "score", score("odds_ratio", corrected=False), ""),
    ("odds_ratio", "miettinen_nurminen", score("odds_ratio", corrected=True), ""),
    ("odds_ratio", "woolf", one_by_one(odds_ratio, "woolf"), "-"),
)


def truth(measure: str, p: float, q: float) -> float:
    return {"difference": p - q, "risk_ratio": p / q, "odds_ratio": p * (1 - q) / (q * (1 - p))}[measure]


def covers(low: Floats, high: Floats, value: float) -> Floats:
    slack = 1e-12 * max(1.0, abs(value))
    return np.asarray((low - slack <= value) & (value <= high + slack), dtype=np.float64)


def two_samples(n1: int, n2: int) -> None:
    laws = {(p, n): stats.binom.pmf(np.arange(n + 1), n, p) for p in SHARES for n in (n1, n2)}
    for measure, method, limits, kind in TWO_SAMPLES:
        low, high = limits(n1, n2)
        held = [
            float(np.outer(laws[p, n1], laws[q, n2]).ravel() @ covers(low, high, truth(measure, p, q)))
            for p, q in product(SHARES, SHARES)
        ]
        report(f"{measure}, n = {n1}/{n2}: {method}", held, kind)


def alike(rng: np.random.Generator, p: float, q: float, *, shared: bool) -> Iterator[Floats]:
    """Answers of both groups, the first half those of group 1, whose shares vary between structures (beta law)."""
    scale = (1 - ICC) / ICC
    laws = [stats.beta(share * scale, (1 - share) * scale) for share in (p, q)]
    structures = 40 if shared else 20
    ranks = rng.uniform(size=(2, DRAWS, structures))
    chances = [law.ppf(ranks[0 if shared else side]) for side, law in enumerate(laws)]
    each = ANSWERS // structures
    drawn = [(rng.uniform(size=(DRAWS, ANSWERS)) < np.repeat(one, each, axis=1)).astype(float) for one in chances]
    yield from np.concatenate(drawn, axis=1)


def clustered(name: str, *, shared: bool) -> None:
    rng = np.random.default_rng(20220101)
    codes = np.arange(2 * ANSWERS)
    structure = codes % ANSWERS // 4 if shared else codes // 8
    frame = pd.DataFrame({"groupe": np.where(codes < ANSWERS, "a", "b"), "structure": structure})
    design = survey_design(frame, clusters="structure")
    held: dict[tuple[str, str], list[float]] = {}
    for p, q in CLUSTERED:
        rows, counts = [], []
        for answers in alike(rng, p, q, shared=shared):
            sample = frame.assign(oui=answers)
            options = {"group": "groupe", "first": "a", "second": "b"}
            student = compare_groups(design, sample, "oui", **options, interval="student").estimate
            hybrid_one = compare_groups(design, sample, "oui", **options).estimate
            x1, x2 = int(answers[:ANSWERS].sum()), int(answers[ANSWERS:].sum())
            naive = difference(x1, ANSWERS, x2, ANSWERS)
            known = difference(x1, ANSWERS, x2, ANSWERS, design_effect=1 + 7 * ICC)
            rows.append([side for one in (student, hybrid_one, naive, known) for side in (one.low, one.high)])
            counts.append([x1, x2, max(1.0, student.deff)])
        limits, (x1s, x2s, effect) = np.array(rows), np.array(counts).T
        gap = p - q
        for rank, method in enumerate(("student", "newcombe", "newcombe, clusters ignored", "newcombe, known effect")):
            inside = covers(limits[:, 2 * rank], limits[:, 2 * rank + 1], gap).mean()
            held.setdefault(("difference", method), []).append(float(inside))
        quantile = float(stats.t.ppf(0.975, student.df))
        sizes = x1s / effect, ANSWERS / effect, x2s / effect, ANSWERS / effect
        for measure in ("difference", "risk_ratio", "odds_ratio"):
            found = score_limits(measure, sizes, quantile, corrected=measure == "difference")
            held.setdefault((measure, "score"), []).append(float(covers(*found, truth(measure, p, q)).mean()))
    for (measure, method), coverage in held.items():
        # A score interval never takes a design effect below 1, nor Newcombe's an effective size above the answers.
        generous = "+" if method == "score" or (shared and method == "newcombe, known effect") else ""
        report(f"{name}, {measure}: {method}", coverage, "-" if "ignored" in method else generous)


def run() -> None:
    for n in (40, 163):
        one_proportion(n)
    for sizes in SIZES:
        two_samples(*sizes)
    clustered("apart", shared=False)
    clustered("shared", shared=True)


if __name__ == "__main__":
    run()
