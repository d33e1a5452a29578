-- S8, who answered among ASE professionals.
{{ repondants(source('brut', 'enquete_professionnels')) }}
