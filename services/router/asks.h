/* asks.h - what units and the office ask the router to do: lead-reply and lead-order, for one lead or up to a hundred at once. */
#ifndef ROUTER_ASKS_H
#define ROUTER_ASKS_H

#include "yinling/service.h"

#define ASKS_LEADS_MAX 100 /* CONTRACT: `leads` */

request_handler asks_on_reply;
request_handler asks_on_order;

#endif
