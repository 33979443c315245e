/* lists.h - query-lead and query-leads: what an account may read of the leads, one or a page of them. */
#ifndef ROUTER_LISTS_H
#define ROUTER_LISTS_H

#include "yinling/service.h"

#define LISTS_LIMIT_MAX 100   /* CONTRACT: leads in one answer */
#define LISTS_WINDOW_MAX 5000 /* leads one request may look at, a few milliseconds; `next` goes on from there */

request_handler lists_on_query_lead;
request_handler lists_on_query_leads;

#endif
