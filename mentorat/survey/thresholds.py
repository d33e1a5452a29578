"""How many clusters make an interval or a test hold its level: one place for every warning that says « too few ».

Set in November 2026, on what the benchmarks measured then; to be measured again when a variance changes.
"""

FEW_CLUSTERS = 10
"""Clusters under which an interval is said to be fragile, and a planned power too.

On ten clusters the standard deviation of an estimated variance is about half of it (√(2/9)); the NCHS flags shares on
fewer than 8 degrees of freedom (Parker et al. 2017). Student's quantile makes up for a part of it only."""
FEW_CLUSTERS_FOR_TESTS = 30
"""Clusters under which a regression's or a table's test is said to be optimistic.

Higher, for they take several variances at once: `benchmarks/couverture_modeles.py` measures sizes of 5 to 6 % with 40
clusters, and nothing under 30. `mentorat.causal.cluster_robust` has its own (40): that of CR1 errors without correction
(Cameron and Miller 2015)."""
