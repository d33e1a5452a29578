-- S8, who answered among mentored young people (the answers are read by the estimates).
{{ repondants(source('brut', 'enquete_mentores')) }}
