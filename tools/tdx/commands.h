/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of tdxctl.  Each gets its own name as argv[0] and returns the
 * exit status of the program.
 */
#ifndef _TDXCTL_COMMANDS_H
#define _TDXCTL_COMMANDS_H

enum exit_status {
	STATUS_OK,
	STATUS_FAILED,	/* said why on standard error */
	STATUS_USAGE,	/* not understood */
};

int command_plan(int argc, char **argv);
int command_timeline(int argc, char **argv);

#endif /* _TDXCTL_COMMANDS_H */
