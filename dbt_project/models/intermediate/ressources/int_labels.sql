-- Associations labelled at 31 December, as the file of the campagne tells it (the list is sent whole each year).
select distinct association
from {{ ref('stg_label_qualite__labels') }}
where
    campagne = {{ var('campagne') }}
    and {{ couvre('date_label', 'valable_jusqu_au', jour('12-31')) }}
