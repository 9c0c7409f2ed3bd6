{% macro reoffences() -%}
    {#- The offences of each period that make a person a reoffender: counted, in the window, the person covered that day. -#}
    select
        periods.period_id,
        periods.starts_on,
        periods.ends_on,
        periods.as_of,
        offences.person_key,
        offences.case_no,
        offences.is_final
    from {{ ref('periods') }} as periods
    inner join {{ ref('fct_offences') }} as offences
        on offences.offended_on between periods.starts_on and periods.ends_on
    where
        offences.is_covered
        and coalesce(offences.first_delivered_on <= periods.first_delivered_by, true)
{%- endmacro %}
