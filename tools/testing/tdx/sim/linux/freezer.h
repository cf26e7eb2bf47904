/* SPDX-License-Identifier: GPL-2.0-only */
/* Nobody goes to sleep. */
#define TASK_FREEZABLE		0
#define freezing(...)		false
