-- S0, the only bridge between OLINPE's number and the programme's pseudonym. A table, for several models read it.
{{ config(materialized='table') }}

with correspondances as (
    {{ derniere_campagne(source('brut', 'passage'), ['departement', 'numanonym']) }}
)

select
    departement as territoire,
    numanonym,
    id_jeune,
    campagne,
    depose_par
from correspondances
