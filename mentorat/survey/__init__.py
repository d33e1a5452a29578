"""Survey estimation, weighting and planning, from a questionnaire's rows to national totals.

- Design and estimates: `design`, `estimators`, `quantiles`, `intervals`, `replicates`, `results`; what they share is in
  `linearisation`, and under how many clusters a figure is fragile in `thresholds`.
- Tests and models: `association` (Rao-Scott, Wald), `regression`, `ordinal`, on `models` and `terms`.
- Weighting: `nonresponse`, `margins`, `weighting` (post-stratification, raking, calibration, trimming), `targets`.
- Two groups: `proportions`, `score`, `conditional`, `two_samples`, `clustered`, `departures`, `multiplicity`, `rates`.
- Missing answers and scales: `missing`, `imputation`, `pooling`, `scales`.
- A campagne's survey: `questionnaire`, `xlsform`, `responses`, `survey_weights`, `survey_results`, `response_rates`,
  `survey_indicators`, `presentation`.
- National totals: `national`, `national_tables`.
- The study of 2022 and the next ones: `study_2022`, `planning`, `planner`, `calendar`.

What cannot be estimated is refused by `design.SurveyError`, or comes as a missing figure with its French sentence.
"""
