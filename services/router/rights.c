/* rights.c - who may see a lead, and who may act on it (rights.h). */
#include "rights.h"

static bool is_against_own_unit(const struct town *town, const struct account *who, const struct lead *lead)
{
    if (!lead->against.at)
        return false;
    const struct person *person = town_person(town, text_of(who->name));
    if (person && (text_is(person->home_unit, lead->against) || text_is(person->unit, lead->against)))
        return true;
    return who->kind == ACCOUNT_STAFF && text_is_c(lead->against, who->scope);
}

bool rights_is_director(const struct town *town, const struct account *who)
{
    const struct person *person = who->kind == ACCOUNT_OFFICE ? town_person(town, text_of(who->name)) : NULL;
    return person && text_is_c(person->post, "director");
}

bool rights_sees(const struct town *town, const struct account *who, const struct lead *lead)
{
    if (is_against_own_unit(town, who, lead))
        return false;
    if (who->kind == ACCOUNT_DISCIPLINE)
        return lead->seal != SEAL_NONE;
    if (lead->seal != SEAL_NONE)
        return rights_is_director(town, who);
    if (who->kind == ACCOUNT_STAFF)
        return text_is_c(lead->unit, who->scope) || lead_assists(lead, text_of(who->scope));
    return who->kind == ACCOUNT_OFFICE;
}

bool rights_acts(const struct account *who, const struct lead *lead, enum side side)
{
    if (side == SIDE_OFFICE)
        return who->kind == ACCOUNT_OFFICE;
    if (lead->seal != SEAL_NONE)
        return who->kind == ACCOUNT_DISCIPLINE;
    return who->kind == ACCOUNT_STAFF && text_is_c(lead->unit, who->scope);
}
