-- One row a convention and year. Where the collectivité and the operator both tell it, the collectivité's row wins
-- whole and the operator's figures stay beside it. The cost is the sum of the three amounts; unknown when none is
-- given.
with lignes as (
    select
        *,
        case
            when coalesce(montant_departement_cents, montant_etat_cents, montant_prive_cents) is not null
                then
                    coalesce(montant_departement_cents, 0)
                    + coalesce(montant_etat_cents, 0)
                    + coalesce(montant_prive_cents, 0)
        end as cout_cents,
        row_number() over (
            partition by territoire, operateur, type_convention, date_signature, annee
            order by case when cote = 'collectivite' then 1 else 2 end
        ) as rang
    from {{ ref('stg_conventions__conventions') }}
)

select
    retenues.territoire,
    retenues.operateur,
    retenues.type_convention,
    retenues.date_signature,
    retenues.date_fin,
    retenues.annee,
    retenues.cote,
    retenues.objectif_binomes,
    retenues.montant_departement_cents,
    retenues.montant_etat_cents,
    retenues.montant_prive_cents,
    retenues.cout_cents,
    retenues.part_rh,
    retenues.etp_centiemes,
    retenues.etp_departement_centiemes,
    retenues.imputation,
    retenues.mode_selection,
    retenues.antenne_locale,
    -- A branch that opens after the year is a contradiction, counted in int_incoherences_ressources.
    case when retenues.annee_antenne <= retenues.annee then retenues.annee_antenne end as annee_antenne,
    retenues.annee_antenne > retenues.annee as est_antenne_future,
    autres.operateur is not null as est_double,
    autres.cout_cents as cout_operateur_cents,
    autres.objectif_binomes as objectif_operateur,
    autres.etp_centiemes as etp_operateur_centiemes,
    {{ couvre('retenues.date_signature', 'retenues.date_fin', jour('12-31')) }} as est_valide_fin_campagne,
    retenues.campagne,
    retenues.depose_par
from lignes as retenues
left join lignes as autres
    on
        retenues.territoire = autres.territoire
        and retenues.operateur = autres.operateur
        and retenues.type_convention = autres.type_convention
        and retenues.date_signature = autres.date_signature
        and retenues.annee = autres.annee
        and autres.rang = 2
where retenues.rang = 1
