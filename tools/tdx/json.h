/* SPDX-License-Identifier: GPL-2.0-only */
/* What JSON wants to have written its own way. */
#ifndef _TDXCTL_JSON_H
#define _TDXCTL_JSON_H

void json_string(const char *text);

#endif /* _TDXCTL_JSON_H */
