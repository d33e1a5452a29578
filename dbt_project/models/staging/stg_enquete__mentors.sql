-- S8, who answered among mentors.
{{ repondants(source('brut', 'enquete_mentors')) }}
