-- S8, who answered among young people without a mentor (the answers are read by the estimates).
{{ repondants(source('brut', 'enquete_non_mentores')) }}
