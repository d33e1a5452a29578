"""Announced power against the power found on simulated surveys of the planned size, and the intraclass correlation.

Each plan of `sample_for_shares` is drawn 4 000 times: shares of structures follow a beta law of the planned
correlation, sizes a uniform law of the planned mean and variation, answers a binomial; the two groups are compared by
the linearised variance of clusters and Student's law. Held: power within 3 points of what was announced, never 3 under;
the interval of the correlation covers it in 93 % of draws at least (0/1 answers: it is approximate).
"""

import numpy as np
from scipy import stats

from mentorat.survey.planning import Assumptions, Plan, intraclass_correlation, sample_for_shares

DRAWS = 4_000
PLANS = (
    (0.35, 0.50, Assumptions(icc=0.05, cluster_size=12)),
    (0.24, 0.33, Assumptions(icc=0.03, cluster_size=20)),
    (0.20, 0.35, Assumptions(icc=0.10, cluster_size=6)),
    (0.30, 0.45, Assumptions(icc=0.05, cluster_size=15, cluster_cv=0.4)),
    (0.40, 0.55, Assumptions(icc=0.02, cluster_size=40)),
    (0.35, 0.50, Assumptions(icc=0.05, cluster_size=12, attrition=0.25)),
)


def run() -> None:
    rng = np.random.default_rng(20241122)
    for share1, share2, given in PLANS:
        plan = sample_for_shares(share1, share2, assumptions=given, scale="pooled")
        found = _found_power(rng, plan, given)
        print(
            f"{share1:.2f} against {share2:.2f}, ICC {given.icc}, {given.cluster_size} a cluster, cv {given.cluster_cv}"
            f", attrition {given.attrition}: {plan.clusters1} clusters a group, announced {plan.power:.3f}, found "
            f"{found:.3f}; held: {abs(found - plan.power) <= 0.03}",
            flush=True,
        )
    for icc in (0.02, 0.05, 0.1):
        mean, cover = _found_correlation(rng, icc)
        print(f"ICC {icc}: mean estimate {mean:.4f}, interval covers {cover:.3f}; held: {cover >= 0.93}", flush=True)


def _answers(rng: np.random.Generator, share: float, clusters: int, given: Assumptions) -> tuple[np.ndarray, ...]:
    """Positive answers and answers of each cluster (draws × clusters)."""
    spread = (1 - given.icc) / given.icc
    half = given.cluster_size * given.cluster_cv * np.sqrt(3)  # uniform law of that standard deviation
    asked = np.rint(rng.uniform(given.cluster_size - half, given.cluster_size + half, (DRAWS, clusters))).astype(int)
    answered = np.maximum(1, rng.binomial(asked, 1 - given.attrition))
    return rng.binomial(answered, rng.beta(share * spread, (1 - share) * spread, answered.shape)), answered


def _found_power(rng: np.random.Generator, plan: Plan, given: Assumptions) -> float:
    gaps, variances = [], []
    for share, clusters in ((plan.share1, plan.clusters1), (plan.share2, plan.clusters2)):
        assert share is not None
        assert clusters is not None
        positive, size = _answers(rng, share, clusters, given)
        mean = positive.sum(1) / size.sum(1)
        left = positive - mean[:, None] * size
        gaps.append(mean)
        variances.append(clusters / (clusters - 1) * (left**2).sum(1) / size.sum(1) ** 2)
    statistic = np.abs(gaps[0] - gaps[1]) / np.sqrt(variances[0] + variances[1])
    return float((statistic > stats.t.ppf(1 - plan.level / 2, plan.df)).mean())


def _found_correlation(rng: np.random.Generator, icc: float, draws: int = 2_000) -> tuple[float, float]:
    clusters, size, spread = 60, 12, (1 - icc) / icc
    groups = np.repeat(np.arange(clusters), size)
    found = [
        intraclass_correlation(
            rng.random(len(groups)) < np.repeat(rng.beta(0.4 * spread, 0.6 * spread, clusters), size), groups
        )
        for _ in range(draws)
    ]
    return float(np.mean([one.raw for one in found])), float(np.mean([one.low <= icc <= one.high for one in found]))


if __name__ == "__main__":
    run()
